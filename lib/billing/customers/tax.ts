import { GIVEN } from '@/lib/billing/mirror/tax-ids';
import { env } from '@/lib/env';
import { type Decision, type Treatment, taxTreatment } from '@/lib/vat/treatment';
import type { CustomerRow } from './stripe-details';

/** What of the installation decides about tax: from where we sell, and whether Stripe Tax computes it. */
export type TaxRules = { sellerCountry: string; automaticTax: boolean };

/** As this installation has them (`SELLER_COUNTRY`, `STRIPE_TAX`). */
export const taxRules = (): TaxRules => ({
  sellerCountry: env().SELLER_COUNTRY,
  automaticTax: env().STRIPE_TAX,
});

/** Who owes a merchant's VAT, by what its row says. Pure. */
export function decideTax(
  row: Pick<CustomerRow, 'country' | 'taxExempt' | 'vatNumber' | 'vatStatus'>,
  rules: TaxRules,
): Decision {
  return taxTreatment(
    { country: rules.sellerCountry },
    { country: row.country, isExempt: row.taxExempt === 'exempt' },
    row.vatNumber,
    row.vatStatus,
  );
}

/** Whether invoices bear VAT of ours. */
export const isCharged = (treatment: Treatment): boolean =>
  treatment === 'charge' || treatment === 'domestic';

/** `tax_exempt` as the API tells it: our treatment, whatever stands at Stripe. Pure. */
export const exemptionOf = (treatment: Treatment): 'none' | 'reverse' | 'exempt' =>
  treatment === 'reverse' || treatment === 'exempt' ? treatment : 'none';

/** That Stripe does not take our number: its code for it in `vat_trouble`. */
export const REFUSED = 'stripe_refused';

export type Wanted = { number: string | null; taxExempt: 'none' | 'reverse' | 'exempt' };

/**
 * What is to stand on Stripe's customer. Stripe Tax exempts any number of the right form, so with it a number stands only
 * while it is right that it does, and `tax_exempt` says nothing more (stripe.md 48); a number that Stripe refuses cannot, and
 * `tax_exempt` says it. Without Stripe Tax the number is there to be printed. Pure.
 */
export function wantedAtStripe(
  row: Pick<CustomerRow, 'vatNumber' | 'vatStatus' | 'vatTrouble'>,
  decision: Pick<Decision, 'treatment' | 'stands'>,
  rules: TaxRules,
): Wanted {
  const isRefused = row.vatTrouble === REFUSED;
  const stands = rules.automaticTax ? decision.stands : row.vatStatus !== 'invalid';
  const says = !rules.automaticTax || isRefused || decision.treatment === 'exempt';
  return {
    number: stands && !isRefused ? row.vatNumber : null,
    taxExempt: says ? exemptionOf(decision.treatment) : 'none',
  };
}

/** The numbers of the EU that stand at Stripe as far as we know: of whom ours, one, may stay. Pure. */
export function splitTaxIds(row: Pick<CustomerRow, 'taxIds'>, wanted: Wanted) {
  const numbers = row.taxIds.filter(({ id, type }) => type === 'eu_vat' && id !== GIVEN);
  const kept = numbers.find(({ value, leaving }) => value === wanted.number && !leaving);
  return { kept, unwanted: numbers.filter(({ id }) => id !== kept?.id) };
}

/** Whether Stripe's customer is as it should be, as far as we know. Pure. */
export function isAsWanted(row: Pick<CustomerRow, 'taxIds' | 'taxExempt'>, wanted: Wanted): boolean {
  const { kept, unwanted } = splitTaxIds(row, wanted);
  const hasNumber = wanted.number === null || kept !== undefined;
  return hasNumber && unwanted.length === 0 && row.taxExempt === wanted.taxExempt;
}

/** Tax ids of other kinds than a number of the EU, as Stripe has them: shown, and left alone. Pure. */
export const otherTaxIds = (row: Pick<CustomerRow, 'taxIds'>): { type: string; value: string }[] =>
  row.taxIds.filter(({ type }) => type !== 'eu_vat').map(({ type, value }) => ({ type, value }));
