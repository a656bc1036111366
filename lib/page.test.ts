import { expect, test } from 'vitest';
import { findCursor, readCursor, readMark, toPage, writeMark } from './page';

const rows = ['c', 'b', 'a'].map((id, i) => ({ id, at: new Date(Date.UTC(2026, 10, 21 - i)) }));

test('a page says where the next begins, the last one that there is none', () => {
  const { rows: shown, next } = toPage(rows, 2, (row) => row.at);
  expect(shown.map((row) => row.id)).toEqual(['c', 'b']);
  expect(findCursor(next)).toEqual({ at: rows[1]?.at, id: 'b' });
  expect(toPage(rows, 3, (row) => row.at).next).toBeNull();
});

test('a senseless cursor is none in an address, and refused by the API', () => {
  for (const mark of [
    '',
    'x',
    '~',
    'W10',
    'bnVsbA',
    writeMark('no day', 'a'),
    writeMark('2026-11-21', "a'"),
    ['a'],
    5,
  ]) {
    expect(findCursor(mark)).toBeUndefined();
    if (typeof mark === 'string') expect(() => readCursor(mark)).toThrow('validation_failed');
  }
  expect(readCursor(undefined)).toBeUndefined();
  expect(readMark(writeMark('infinity', 'sub_1'))).toEqual({ value: 'infinity', id: 'sub_1' });
});
