import { describe, expect, test } from 'vitest';
import { bearingNumber, type Issued, vatIssueOf } from './issue';

const ISSUED: Issued = {
  status: 'paid',
  total: 9900,
  tax: 0,
  credited: 0,
  refunded: 0,
  automaticTax: true,
  taxDisabledReason: null,
  taxReason: 'reverse_charge',
  customerCountry: 'DE',
  customerTaxExempt: 'none',
};

describe('an invoice without VAT', () => {
  test.each<[string, Partial<Issued>, string | null, boolean, string | null]>([
    ['with a number that VIES confirmed', {}, 'DE312473943', true, null],
    ['with one that nobody confirmed', {}, 'DE136695976', false, 'number_unproven'],
    ['with a confirmed one of another country', {}, 'FR24831240437', true, 'number_unproven'],
    [
      'with none, but for reverse at Stripe',
      { customerTaxExempt: 'reverse' },
      null,
      false,
      'exempt_unproven',
    ],
    [
      'of a customer that is exempt at Stripe',
      { customerTaxExempt: 'exempt', taxReason: 'customer_exempt' },
      null,
      false,
      null,
    ],
    [
      'of a customer outside the EU',
      { customerCountry: 'US', taxReason: 'not_collecting' },
      null,
      false,
      null,
    ],
    ['where we are not registered', { taxReason: 'not_collecting' }, null, false, 'not_collected'],
    [
      'whose tax Stripe turned off',
      {
        automaticTax: false,
        taxDisabledReason: 'finalization_requires_location_inputs',
        taxReason: null,
        customerCountry: null,
      },
      null,
      false,
      'tax_disabled',
    ],
    ['without Stripe Tax', { automaticTax: false, taxReason: null }, null, false, null],
    ['of nothing', { total: 0 }, 'DE136695976', false, null],
    ['that is a draft', { status: 'draft' }, 'DE136695976', false, null],
    ['that is void', { status: 'void' }, 'DE136695976', false, null],
    ['that was credited whole', { credited: 9900 }, 'DE136695976', false, null],
    ['that was refunded whole', { refunded: 9900 }, 'DE136695976', false, null],
    ['that was refunded in part', { refunded: 5000 }, 'DE136695976', false, 'number_unproven'],
    ['whose credit note refunded it', { credited: 5000, refunded: 5000 }, null, false, 'exempt_unproven'],
    ['within our own country', { customerCountry: 'LU' }, 'LU26375245', true, 'domestic'],
    ['(there is some)', { tax: 1683, total: 11583, taxReason: 'standard_rated' }, 'DE136695976', false, null],
  ])('%s', (_name, given, number, isProven, issue) => {
    expect(vatIssueOf({ ...ISSUED, ...given }, 'LU', number, isProven)).toBe(issue);
  });

  test('and Monaco is France', () => {
    expect(vatIssueOf({ ...ISSUED, customerCountry: 'MC' }, 'FR', 'FR24831240437', true)).toBe('domestic');
    expect(vatIssueOf({ ...ISSUED, customerCountry: 'MC' }, 'LU', 'FR24831240437', true)).toBeNull();
  });

  test('of several numbers, that of the customer’s own country counts', () => {
    expect(bearingNumber(['FR24831240437', 'DE312473943'], 'DE')).toBe('DE312473943');
    expect(bearingNumber(['FR24831240437'], 'DE')).toBe('FR24831240437');
    expect(bearingNumber([], 'DE')).toBeNull();
  });
});
