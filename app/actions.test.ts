import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('.', import.meta.url));
const files = walk(root).filter((path) => /^['"]use server['"]/.test(readFileSync(join(root, path), 'utf8')));

/** What an action may stand behind, by where it lives. */
const guards: { where: RegExp; guard: RegExp }[] = [
  { where: /^admin\//, guard: /adminContext\(/ },
  { where: /^store\//, guard: /(storeContext|requireStore)\([^)]*(\([^)]*\))?[^)]*'write'\)/ },
  { where: /^merchant\//, guard: /requireViewer\(|adminContext\(|roleIn\(/ },
  { where: /^account/, guard: /requireViewer\(/ },
  // Nobody is signed in yet, or it is about the browser only: these limit or check by themselves.
  { where: /^(sign-in|sign-up|invitation|preferences)/, guard: /./ },
];

describe('every server action checks who asks, at the verb', () => {
  test.each(files)('%s', (file) => {
    const rule = guards.find(({ where }) => where.test(file));
    expect(rule, 'a place with a known guard').toBeDefined();
    const text = readFileSync(join(root, file), 'utf8');
    const helpers = new Map(parts(text, /(?:^|\n)(?:async )?function (\w+)/g));
    const open = parts(text, /(?:^|\n)export async function (\w+)/g)
      .filter(([, body]) => !passes(body, rule?.guard ?? /$^/, helpers))
      .map(([name]) => name);
    expect(open).toEqual([]);
  });
});

/** Behind the guard itself, or through a function of the same file that is. */
function passes(body: string, guard: RegExp, helpers: Map<string, string>): boolean {
  if (guard.test(body)) return true;
  return [...helpers].some(([name, helper]) => new RegExp(`\\b${name}\\(`).test(body) && guard.test(helper));
}

/** Each function's text, up to where the next one begins. */
function parts(text: string, start: RegExp): [string, string][] {
  return [...text.matchAll(start)].map((match) => {
    const from = match.index + match[0].length;
    const next = text.slice(from).search(/\n(?:export )?(?:async )?function /);
    return [match[1] ?? '', text.slice(from, next < 0 ? undefined : from + next)];
  });
}

function walk(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return walk(path);
    return /\.tsx?$/.test(name) && !/\.test\./.test(name) ? [relative(root, path)] : [];
  });
}
