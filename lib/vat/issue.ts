import { countryOfNumber, MEMBER_STATES } from './number';

/** Why an invoice without VAT is for a person: its words are in the messages under `console.invoices.issues`. */
export type VatIssue = 'number_unproven' | 'exempt_unproven' | 'tax_disabled' | 'not_collected';

/** An invoice as it went out; amounts in minor units. */
export type Issued = {
  status: string;
  total: number;
  tax: number;
  credited: number;
  automaticTax: boolean;
  taxDisabledReason: string | null;
  taxReason: string | null;
  customerCountry: string | null;
  customerTaxExempt: string | null;
};

/** Of the numbers that an invoice bears, the one that may be why it has no VAT: of the customer's own country. Pure. */
export const bearingNumber = (numbers: string[], country: string | null): string | null =>
  numbers.find((number) => countryOfNumber(number) === country) ?? numbers[0] ?? null;

/**
 * Whether an invoice went out without VAT that we may owe, and why. Not one of a customer outside the EU, nor of one that
 * somebody made exempt at Stripe, nor a reverse charge that a confirmed number of the customer's own country stands for;
 * `isProven`: VIES had confirmed it when the invoice was made. One that is void or credited whole owes nothing. Pure.
 */
export function vatIssueOf(invoice: Issued, number: string | null, isProven: boolean): VatIssue | null {
  const isIssued = ['open', 'paid', 'uncollectible'].includes(invoice.status);
  const owes = invoice.total - invoice.tax > 0 && invoice.credited < invoice.total;
  if (!isIssued || invoice.tax !== 0 || !owes) return null;
  const country = invoice.customerCountry;
  if (country && !MEMBER_STATES.includes(country) && country !== 'MC') return null;
  if (invoice.taxDisabledReason) return 'tax_disabled';
  if (invoice.customerTaxExempt === 'exempt') return null;
  const isShifted = invoice.taxReason === 'reverse_charge' || invoice.customerTaxExempt === 'reverse';
  if (isShifted) {
    const isOwn = number !== null && countryOfNumber(number) === (country === 'MC' ? 'FR' : country);
    if (isOwn && isProven) return null;
    return number === null ? 'exempt_unproven' : 'number_unproven';
  }
  return invoice.automaticTax && invoice.taxReason === 'not_collecting' ? 'not_collected' : null;
}
