import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * The house, from the cellar up (ARCHITECTURE.md). A file stands in the first room whose pattern it fits, and imports from
 * its own room and from those before it; rooms of one line stand side by side and do not know each other. Tests look in
 * everywhere.
 */
const rooms: Record<string, RegExp>[] = [
  { db: /^db\// },
  {
    ground:
      /^lib\/((auth-password|auth-people|client-address|countries|database|env|errors|failure|local-path|log|merchant-search|money|once|page|queue|rate-limit|storable|time)\.ts|i18n\/locales\.ts)$/,
  },
  { stripe: /^lib\/stripe\//, vat: /^lib\/vat\// },
  { 'billing ground': /^lib\/billing\/[a-z-]+\.ts$/ },
  { plans: /^lib\/billing\/plans\// },
  { entitlements: /^lib\/billing\/entitlements\// },
  { account: /^lib\/billing\/account\// },
  { mirror: /^lib\/billing\/mirror\// },
  { inbox: /^lib\/billing\/inbox\//, customers: /^lib\/billing\/customers\// },
  { subscriptions: /^lib\/billing\/subscriptions\// },
  { reports: /^lib\/billing\/reports\// },
  { modules: /^lib\/(catalog|orders|tenancy)\// },
  { edges: /^lib\// },
  { components: /^components\// },
  { app: /^(app\/|proxy\.ts|instrumentation\.ts|next\.config\.ts)/ },
  {
    'what starts it': /^(scripts|testing|demo|e2e|bench|[a-z.]+\.(config|setup)\.[a-z]+|[a-z]+\.config\.ts)/,
    'local-stripe': /^local-stripe\//,
  },
];

const sources = walk(root).filter(
  (path) => /\.tsx?$/.test(path) && !/\.test\.tsx?$/.test(path) && !path.endsWith('.d.ts'),
);
const known = new Set(sources);
const imports = new Map(sources.map((path) => [path, readImports(path)]));

describe('the house stands on its floors', () => {
  test('every file stands in a room', () => {
    expect(sources.filter((path) => !roomOf(path))).toEqual([]);
  });

  test('no arrow goes up', () => {
    const up = arrows().filter(([path, target]) => {
      const [from, to] = [roomOf(path), roomOf(target)];
      return from && to && from.name !== to.name && to.floor >= from.floor;
    });
    expect(up.map((arrow) => arrow.join(' → '))).toEqual([]);
  });

  test('no circle of imports, types included', () => {
    expect(circles()).toEqual([]);
  });

  test('what the core may not know: Next, modules, and local Stripe, which knows nothing of us', () => {
    const wrong = [...imports].flatMap(([path, { files, packages }]) => [
      ...(/^(app|components|bench\/baseline)\/|^lib\/(session|http|auth|client-address|i18n\/.*)\.tsx?$|^(proxy|instrumentation|next\.config)\.ts$/.test(
        path,
      )
        ? []
        : packages.filter((name) => /^next(\/|$)/.test(name)).map((name) => `${path} → ${name}`)),
      ...files
        .filter((target) => target.startsWith('local-stripe/') !== path.startsWith('local-stripe/'))
        .filter(
          (target) =>
            !/^(scripts|testing|demo|e2e|bench)\//.test(path) || !target.startsWith('local-stripe/'),
        )
        .map((target) => `${path} → ${target}`),
    ]);
    expect(wrong).toEqual([]);
  });

  test('what a person sees reads no table: a verb of the room does', () => {
    const read = [...imports].filter(
      ([path, { files, packages }]) =>
        /^(app|components)\//.test(path) &&
        (packages.includes('drizzle-orm') || files.some((file) => /^db\/(?!client\.ts)/.test(file))),
    );
    expect(read.map(([path]) => path)).toEqual([]);
  });

  test('there is one `new Stripe`', () => {
    const made = sources.filter(
      (path) => !/^local-stripe\//.test(path) && /new Stripe\(/.test(readFileSync(join(root, path), 'utf8')),
    );
    expect(made).toEqual(['lib/stripe/client.ts']);
  });
});

function roomOf(path: string): { name: string; floor: number } | null {
  for (const [floor, side] of rooms.entries()) {
    const name = Object.keys(side).find((one) => side[one]?.test(path));
    if (name) return { name, floor };
  }
  return null;
}

function arrows(): [string, string][] {
  return [...imports].flatMap(([path, { files }]) => files.map((target): [string, string] => [path, target]));
}

/** Files that reach themselves, each circle once, by the order in which a walk leaves them (Tarjan). */
function circles(): string[][] {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const path: string[] = [];
  const found: string[][] = [];
  const visit = (file: string) => {
    index.set(file, index.size);
    low.set(file, index.get(file) ?? 0);
    path.push(file);
    for (const target of imports.get(file)?.files ?? []) {
      if (!index.has(target)) visit(target);
      else if (!path.includes(target)) continue;
      low.set(file, Math.min(low.get(file) ?? 0, low.get(target) ?? 0));
    }
    if (low.get(file) !== index.get(file)) return;
    const circle = path.splice(path.indexOf(file));
    if (circle.length > 1) found.push(circle);
  };
  for (const file of sources) if (!index.has(file)) visit(file);
  return found;
}

function walk(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    if (/^(node_modules|\.next|\.git|\.data|test-results|migrations)$/.test(name)) return [];
    const path = join(folder, name);
    return statSync(path).isDirectory() ? walk(path) : [relative(root, path)];
  });
}

/** What a file imports: files as paths from the root, and packages as they are named. */
function readImports(path: string): { files: string[]; packages: string[] } {
  const text = readFileSync(join(root, path), 'utf8');
  const named = [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1] ?? '');
  const files = named.flatMap((name) => {
    const target = name.startsWith('@/')
      ? name.slice(2)
      : name.startsWith('.')
        ? relative(root, resolve(root, dirname(path), name))
        : null;
    if (target === null) return [];
    return (
      [target, `${target}.ts`, `${target}.tsx`, `${target}/index.ts`].find((one) => known.has(one)) ?? []
    );
  });
  return { files: [...new Set(files)], packages: named.filter((name) => !/^[.@]\/?|^\.\./.test(name)) };
}
