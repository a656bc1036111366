import { expect, test } from 'vitest';
import { isStorable, storable, storableJson, unstorablePaths } from './storable';

test('a NUL and half of a pair are no text; a whole pair and every other sign are', () => {
  expect(['a\0', 'A\ud800B', '\udc00', '😀\ud83d'].map(isStorable)).toEqual([false, false, false, false]);
  expect(['', 'Grüße\n\t', '😀', '\\u0000', '\u0001'].every(isStorable)).toBe(true);
  expect(storable('A\0\ud800B😀')).toBe('AB😀');
});

test('each text and key that no row can hold is found by its path, however deep', () => {
  const value = {
    name: 'a\0',
    rows: [{ ok: 'x' }, { 'k\ud800': 1, city: '\udfff' }],
    at: new Date(0),
    no: null,
  };
  expect(unstorablePaths(value)).toEqual(['name', 'rows[1]', 'rows[1].city']);
  expect(unstorablePaths('\0')).toEqual(['']);
  expect(unstorablePaths(JSON.parse(`${'['.repeat(100_000)}"x"${']'.repeat(100_000)}`))).toEqual([]);
});

test('in JSON they are written out, and what only looks like them stays', () => {
  const value = { 'k\0': ['a\0b', '\ud800', '\udc00😀'], looks: '\\u0000 \\\ud83d', line: '"a"\n\\' };
  expect(storableJson(value)).toEqual({
    'k\\u0000': ['a\\u0000b', '\\ud800', '\\udc00😀'],
    looks: '\\u0000 \\\\ud83d',
    line: '"a"\n\\',
  });
});
