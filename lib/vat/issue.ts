import { countryOfNumber, MEMBER_STATES } from './number';
import { forVat } from './treatment';

/** Why an invoice without VAT is for a person: its words are in the messages under `console.invoices.issues`. */
export type VatIssue = 'number_unproven' | 'exempt_unproven' | 'domestic' | 'tax_disabled' | 'not_collected';

/** An invoice as it went out; amounts in minor units. */
export type Issued = {
  status: string;
  total: number;
  tax: number;
  credited: number;
  refunded: number;
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
 * What went back of an invoice for certain: a credit note may have refunded what it credits, so the two are not added up. Pure.
 */
export const wentBack = ({ credited, refunded }: Pick<Issued, 'credited' | 'refunded'>): number =>
  Math.max(credited, refunded);

/**
 * Whether an invoice went out without VAT that we may owe, and why. Not one of a customer outside the EU, nor of one that
 * somebody made exempt at Stripe, nor a reverse charge that a confirmed number of the customer's own country stands for;
 * `isProven`: VIES had confirmed it when the invoice was made. Within the seller's own country there is no reverse charge
 * (Article 196 of Directive 2006/112/EC). One that is void, or went back whole, owes nothing. Pure.
 */
export function vatIssueOf(
  invoice: Issued,
  sellerCountry: string,
  number: string | null,
  isProven: boolean,
): VatIssue | null {
  const isIssued = ['open', 'paid', 'uncollectible'].includes(invoice.status);
  const owes = invoice.total - invoice.tax > 0 && wentBack(invoice) < invoice.total;
  if (!isIssued || invoice.tax !== 0 || !owes) return null;
  const country = invoice.customerCountry;
  if (country && !MEMBER_STATES.includes(country) && country !== 'MC') return null;
  if (invoice.taxDisabledReason) return 'tax_disabled';
  if (invoice.customerTaxExempt === 'exempt') return null;
  const isShifted = invoice.taxReason === 'reverse_charge' || invoice.customerTaxExempt === 'reverse';
  if (isShifted) {
    if (country && forVat(country) === forVat(sellerCountry)) return 'domestic';
    const isOwn = number !== null && countryOfNumber(number) === (country && forVat(country));
    if (isOwn && isProven) return null;
    return number === null ? 'exempt_unproven' : 'number_unproven';
  }
  return invoice.automaticTax && invoice.taxReason === 'not_collecting' ? 'not_collected' : null;
}
