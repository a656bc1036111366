import { expect, test } from 'vitest';
import { holderDiffers } from './holder';

const ours = { name: 'Café Müller S.à r.l.', address: ['12, rue du Fossé', '', '1536', 'Luxembourg'] };

test.each([
  [ours.name, '12, RUE DU FOSSE\nL-1536  LUXEMBOURG', null],
  ['CAFE MULLER SARL', null, null],
  [null, null, null],
  ['OTHER SA', null, 'name'],
  ['CAFE MULLER SARL', '13, RUE DU FOSSE\nL-1536 LUXEMBOURG', 'address'],
  ['OTHER SA', '1, QUAI\nL-9999 WILTZ', 'both'],
])('%s, %j: %s', (name, address, differs) => {
  expect(holderDiffers(ours, { name, address })).toBe(differs);
});

test('what we do not know differs from nothing', () => {
  const nobody = { name: '', address: ['', ''] };
  expect(holderDiffers(nobody, { name: 'OTHER SA', address: '1, QUAI' })).toBeNull();
});
