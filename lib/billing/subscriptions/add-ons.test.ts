import { expect, test } from 'vitest';
import { readDomain } from './add-ons';

test.each([
  ['Shop.Example', 'shop.example'],
  ['münchen.example', 'xn--mnchen-3ya.example'],
  ['acme.co.uk.', 'acme.co.uk'],
  ['co.uk', null],
  ['localhost', null],
  ['192.168.1.1', null],
  ['no domain', null],
  ['x_y.example', null],
  ['-a.example', null],
  ['https://a.example', null],
  ['', null],
])('%s is kept as %s', (typed, kept) => {
  expect(readDomain(typed)).toBe(kept);
});
