import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('.', import.meta.url));
const files = walk(root).filter((path) => /^['"]use server['"]/.test(readFileSync(join(root, path), 'utf8')));

/** What makes an action, by where it lives: who may ask is said there, once. */
const makers: { where: RegExp; maker: RegExp }[] = [
  { where: /^admin\//, maker: /staffAction\(/ },
  { where: /^store\//, maker: /storeAction\(/ },
  { where: /^account/, maker: /ownAction\(|requireViewer\(/ },
  // Nobody is signed in yet, or it is about the browser only: these limit or check by themselves.
  { where: /^(sign-in|sign-up|invitation|preferences)/, maker: /./ },
];

describe('every server action is made by what checks who asks', () => {
  test.each(files)('%s', (file) => {
    const rule = makers.find(({ where }) => where.test(file));
    expect(rule, 'a place with a known maker').toBeDefined();
    const text = readFileSync(join(root, file), 'utf8');
    const own = new Map(parts(text, /(?:^|\n)(?:const|async function|function) (\w+)/g));
    const open = parts(text, /(?:^|\n)export (?:const|async function) (\w+)/g)
      .filter(([, body]) => !isMade(body, rule?.maker ?? /$^/, own))
      .map(([name]) => name);
    expect(open).toEqual([]);
  });

  test('which do what their names say: an admin, an owner who may write, somebody signed in', () => {
    const says = (file: string) => readFileSync(join(root, file), 'utf8');
    expect(says('admin/context.ts')).toMatch(
      /staffAction = actionsFor\(async \(\) => \{\s+const viewer = await requireAdmin\(/,
    );
    expect(says('store/[storeCode]/context.ts')).toMatch(
      /storeAction = actionsFor\(\(form\) => storeContext\(storeOf\(form\), 'write'\)/,
    );
    expect(says('account/actions.ts')).toMatch(
      /ownAction = actionsFor\(async \(\) => \(\{ viewer: await requireViewer\(/,
    );
  });
});

/** Made right there, or by a function of the same file that makes it so: `= staffAction(`, `= setAddOn(`. */
function isMade(body: string, maker: RegExp, own: Map<string, string>): boolean {
  const begins = new RegExp(`^ =( \\(.*?\\) =>)?\\s+(${maker.source})`);
  if (/^\(/.test(body) ? maker.test(body) : begins.test(body)) return true;
  const [, by = ''] = /^ = (\w+)\(/.exec(body) ?? [];
  const helper = own.get(by);
  return helper !== undefined && (maker.source === '.' || begins.test(helper));
}

/** Each declaration's text, up to where the next one begins. */
function parts(text: string, start: RegExp): [string, string][] {
  return [...text.matchAll(start)].map((match) => {
    const from = match.index + match[0].length;
    const next = text.slice(from).search(/\n(?:export )?(?:async function|function|const) /);
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
