import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The house's floors: a file may import what stands on its own floor or below. See ARCHITECTURE.md. */
const rooms: { name: string; files: RegExp; mayImport: RegExp[] }[] = [
  { name: 'db', files: /^db\/(?!seed|story|demo|testing)/, mayImport: [/^db\//] },
  {
    name: 'lib/stripe',
    files: /^lib\/stripe\/(?!.*testing)/,
    mayImport: [/^lib\/stripe\//, /^lib\/billing\/(errors|audit)$/, /^lib\/[a-z-]+$/, /^db\//],
  },
  {
    name: 'lib/billing',
    files: /^lib\/billing\/(?!.*(testing|child))/,
    mayImport: [/^lib\/billing\//, /^lib\/stripe\//, /^lib\/[a-z-]+$/, /^db\//],
  },
  {
    name: 'modules',
    files: /^lib\/(catalog|orders|tenancy)\//,
    mayImport: [/^lib\/(catalog|orders|tenancy|billing|stripe)\//, /^lib\/[a-z-]+$/, /^db\//],
  },
  {
    name: 'components',
    files: /^components\//,
    mayImport: [/^components\//, /^lib\//, /^app\/preferences$/],
  },
  { name: 'local-stripe', files: /^local-stripe\//, mayImport: [/^local-stripe\//] },
];

const sources = walk(root).filter(
  (path) => /\.tsx?$/.test(path) && !/\.test\.tsx?$/.test(path) && !path.endsWith('.d.ts'),
);
const imports = new Map(sources.map((path) => [path, readImports(path)]));

describe('the house stands on its floors', () => {
  test.each(rooms)('$name imports nothing from above', ({ files, mayImport }) => {
    const up = [...imports].flatMap(([path, targets]) =>
      files.test(path)
        ? targets
            .filter((target) => isOurs(target) && !mayImport.some((allowed) => allowed.test(target)))
            .map((target) => `${path} → ${target}`)
        : [],
    );
    expect(up).toEqual([]);
  });

  test('the billing core knows no module, no feature list and no Next', () => {
    const wrong = [...imports].flatMap(([path, targets]) =>
      /^lib\/billing\//.test(path) && !/testing|child|measure/.test(path)
        ? targets
            .filter((target) =>
              /^lib\/(catalog|orders|tenancy|features|jobs|session)(\/|$)|^next(\/|$)/.test(target),
            )
            .map((target) => `${path} → ${target}`)
        : [],
    );
    expect(wrong).toEqual([]);
  });

  test('Next stays in app, components and its edges', () => {
    const edges =
      /^(app|components)\/|^lib\/(session|http|auth|client-address|i18n\/.*)$|^(proxy|instrumentation|next\.config)$/;
    const wrong = [...imports].flatMap(([path, targets]) =>
      edges.test(path.replace(/\.tsx?$/, ''))
        ? []
        : targets.filter((target) => /^next(\/|$)/.test(target)).map((target) => `${path} → ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  test('the app never imports local Stripe', () => {
    const wrong = [...imports].filter(
      ([path, targets]) =>
        !path.startsWith('local-stripe/') && targets.some((target) => target.startsWith('local-stripe')),
    );
    expect(wrong).toEqual([]);
  });

  test('there is one `new Stripe`', () => {
    const made = sources.filter(
      (path) => !/^local-stripe\//.test(path) && /new Stripe\(/.test(readFileSync(join(root, path), 'utf8')),
    );
    expect(made).toEqual(['lib/stripe/client.ts']);
  });
});

const isOurs = (target: string) => /^(app|components|lib|db|local-stripe|scripts|e2e)\//.test(target);

function walk(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    if (/^(node_modules|\.next|\.git|\.data|test-results|migrations)$/.test(name)) return [];
    const path = join(folder, name);
    return statSync(path).isDirectory() ? walk(path) : [relative(root, path)];
  });
}

/** What a file imports, as paths from the root without an ending; packages as they are named. */
function readImports(path: string): string[] {
  const text = readFileSync(join(root, path), 'utf8');
  const found = [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1] ?? '');
  return found.map((target) => {
    if (target.startsWith('@/')) return target.slice(2).replace(/\.tsx?$/, '');
    if (target.startsWith('.'))
      return relative(root, resolve(root, dirname(path), target)).replace(/\.tsx?$/, '');
    return target;
  });
}
