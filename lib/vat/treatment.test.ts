import { describe, expect, test } from 'vitest';
import { MEMBER_STATES } from './number';
import { taxTreatment, type VatStatus } from './treatment';

const PREFIX: Record<string, string> = { GR: 'EL' };
const numberOf = (state: string) => `${PREFIX[state] ?? state}123`;
const VERDICTS: VatStatus[] = ['none', 'pending', 'valid', 'invalid', 'unavailable'];
const treat = (
  seller: string,
  customer: string,
  number: string | null,
  verdict: VatStatus,
  isExempt = false,
) => taxTreatment({ country: seller }, { country: customer, isExempt }, number, verdict);

describe('who owes the VAT', () => {
  test.each<[string, string, string | null, VatStatus, string, string, boolean]>([
    ['LU', 'DE', 'DE136695976', 'valid', 'reverse', 'reverse_charge', true],
    ['LU', 'DE', 'DE136695976', 'pending', 'charge', 'number_pending', false],
    ['LU', 'DE', 'DE136695976', 'invalid', 'charge', 'number_invalid', false],
    ['LU', 'DE', 'DE136695976', 'unavailable', 'charge', 'number_unavailable', false],
    ['LU', 'DE', null, 'none', 'charge', 'no_number', false],
    // found.md C: a number of another country was free of VAT.
    ['LU', 'DE', 'LU26375245', 'valid', 'charge', 'other_country', false],
    ['LU', 'DE', 'FR40303265045', 'valid', 'charge', 'other_country', false],
    ['LU', 'GR', 'EL094259216', 'valid', 'reverse', 'reverse_charge', true],
    ['LU', 'LU', 'LU26375245', 'valid', 'domestic', 'same_country', true],
    ['LU', 'LU', 'LU26375245', 'pending', 'domestic', 'same_country', true],
    ['LU', 'LU', 'DE136695976', 'valid', 'domestic', 'same_country', false],
    ['LU', 'GB', 'XI980780684', 'valid', 'outside', 'outside_eu', false],
    ['LU', 'US', 'DE136695976', 'valid', 'outside', 'outside_eu', false],
    ['LU', 'CH', null, 'none', 'outside', 'outside_eu', false],
    ['LU', '', 'DE136695976', 'valid', 'charge', 'no_country', false],
    // Monaco is France to the EU: its businesses have French numbers.
    ['LU', 'MC', 'FR40303265045', 'valid', 'reverse', 'reverse_charge', true],
    ['US', 'DE', 'DE136695976', 'valid', 'reverse', 'reverse_charge', true],
  ])(
    'seller %s, customer %s, %s %s: %s (%s)',
    (seller, customer, number, verdict, treatment, reason, stands) => {
      expect(treat(seller, customer, number, verdict)).toEqual({ treatment, reason, stands });
    },
  );

  test('who is exempt at Stripe stays so', () => {
    expect(treat('LU', 'DE', 'DE136695976', 'valid', true)).toEqual({
      treatment: 'exempt',
      reason: 'exempt',
      stands: false,
    });
  });

  test('every pair of seller, customer, number and verdict: none but a valid number of the own country shifts it', () => {
    const places = [...MEMBER_STATES, 'GB', 'US', ''];
    const numbers = [null, 'XI123', ...MEMBER_STATES.map(numberOf)];
    let pairs = 0;
    for (const seller of MEMBER_STATES)
      for (const customer of places)
        for (const number of numbers)
          for (const verdict of VERDICTS) {
            const { treatment, stands } = treat(seller, customer, number, verdict);
            const isOwn =
              number !== null && MEMBER_STATES.includes(customer) && number === numberOf(customer);
            const expected = !customer
              ? 'charge'
              : customer === seller
                ? 'domestic'
                : !MEMBER_STATES.includes(customer)
                  ? 'outside'
                  : isOwn && verdict === 'valid'
                    ? 'reverse'
                    : 'charge';
            pairs++;
            if (treatment !== expected || stands !== (isOwn && ['reverse', 'domestic'].includes(expected)))
              throw new Error(`${seller} ${customer} ${number} ${verdict}: ${treatment}, ${stands}`);
          }
    expect(pairs).toBe(27 * 30 * 29 * 5);
  });
});
