import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const list = readFileSync(`${root}/docs/stripe.md`, 'utf8');
const numbers = new Set(
  [...list.matchAll(/^(?:(\d+)\. |- \*\*([DFG]\d+)\*\* )/gm)].map(([, plain, lettered]) => plain ?? lettered),
);

test('every "stripe.md N" in a comment is a number of docs/stripe.md', () => {
  expect(numbers.size).toBeGreaterThan(130);
  const found = execFileSync(
    'git',
    ['grep', '-l', '--untracked', 'stripe\\.md', '--', '*.ts', '*.tsx', '*.md', ':!docs/stripe.md'],
    { cwd: root, encoding: 'utf8' },
  );
  const cited = found
    .trim()
    .split('\n')
    .flatMap((file) =>
      [
        ...readFileSync(`${root}/${file}`, 'utf8').matchAll(/stripe\.md ((?:[DFG]?\d+)(?:, [DFG]?\d+)*)/g),
      ].flatMap(([, said = '']) => said.split(', ').map((number) => ({ file, number }))),
    );
  expect(cited.length).toBeGreaterThan(90);
  expect(cited.filter(({ number }) => !numbers.has(number))).toEqual([]);
});

test('every "vies.md N" in a comment is a number of docs/vies.md', () => {
  const known = new Set(
    [...readFileSync(`${root}/docs/vies.md`, 'utf8').matchAll(/^(\d+)\. /gm)].map((match) => match[1]),
  );
  const found = execFileSync(
    'git',
    ['grep', '-hoE', '--untracked', 'vies\\.md [0-9]+(, [0-9]+)*', '--', '*.ts', '*.tsx'],
    {
      cwd: root,
      encoding: 'utf8',
    },
  );
  const cited = found
    .trim()
    .split('\n')
    .flatMap((line) => line.replace('vies.md ', '').split(', '));
  expect(cited.length).toBeGreaterThan(10);
  expect(cited.filter((number) => !known.has(number))).toEqual([]);
});
