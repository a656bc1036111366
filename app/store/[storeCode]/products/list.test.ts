import { expect, test } from 'vitest';
import { readList } from './list';

test('a pasted list is read with any separator and both decimal signs', () => {
  const read = readList('A-1; Lamp; 19.99\n\nA-2\tLamp, large\t29,5\r\nA-3,Bulb,3');
  expect(read.map((p) => [p.sku, p.name, p.unitAmount])).toEqual([
    ['A-1', 'Lamp', 1999],
    ['A-2', 'Lamp, large', 2950],
    ['A-3', 'Bulb', 300],
  ]);
});

test('a line of another form is refused as a whole', () => {
  expect(() => readList('A-1; Lamp; 19.99\nA-2; Lamp')).toThrow('validation_failed');
  expect(() => readList('A-1; Lamp; -5')).toThrow('validation_failed');
  expect(() => readList('  ')).toThrow('validation_failed');
});
