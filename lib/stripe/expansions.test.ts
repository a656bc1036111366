import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { expansions } from './expansions';

test('no expansion goes deeper than Stripe allows: four segments, `data` counted', () => {
  const paths = Object.values(expansions).flat();
  expect(paths.filter((path) => path.split('.').length > 4)).toEqual([]);
});

test('nobody asks for an expansion beside the list', () => {
  const found = execFileSync(
    'git',
    ['grep', '-nE', 'expand: ?\\[', '--', 'lib/*.ts', 'app/*.ts', 'scripts/*.ts'],
    {
      encoding: 'utf8',
    },
  );
  expect(found.split('\n').filter((line) => line && !/\.test\.ts:|contract(-\w+)?\.ts:/.test(line))).toEqual(
    [],
  );
});
