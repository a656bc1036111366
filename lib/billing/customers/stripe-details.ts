import type Stripe from 'stripe';
import type { customers } from '@/db/schema';
import { invalid } from '@/lib/errors';
import { log } from '@/lib/log';
import { callStripe, isMissing, isRefused } from '@/lib/stripe/client';

// What Stripe's customer shows of our billing details: name, e-mail, address, and the VAT number as its one EU tax id.

type Details = Pick<
  CustomerRow,
  'name' | 'email' | 'line1' | 'line2' | 'postalCode' | 'city' | 'state' | 'country' | 'taxExempt'
>;

/** What of our row `putDetails` writes. Pure. */
export function detailsOf(row: CustomerRow): Details {
  const { name, email, line1, line2, postalCode, city, state, country, taxExempt } = row;
  return { name, email, line1, line2, postalCode, city, state, country, taxExempt };
}

/** Writes the details of a customer. `taxExempt` and marks left out stay as they are there. @throws StripeUnavailable */
export async function putDetails(
  stripe: Stripe,
  customer: string,
  details: Omit<Details, 'taxExempt'> & Partial<Details>,
  metadata?: Stripe.MetadataParam,
  validates = false,
): Promise<void> {
  const { name, email, line1, line2, postalCode: postal_code, city, state, country, taxExempt } = details;
  await callStripe(() =>
    stripe.customers.update(customer, {
      name,
      email,
      address: { line1, line2, postal_code, city, state, country },
      ...(taxExempt === undefined ? {} : { tax_exempt: taxExempt }),
      // A place that cannot be taxed is found when it is typed, not at the renewal (stripe.md D13).
      ...(validates && country ? { tax: { validate_location: 'immediately' as const } } : {}),
      ...(metadata ? { metadata } : {}),
    }),
  );
}

/**
 * Gives a customer the VAT number, does `then` with the tax id's id, and takes the other numbers away: so that a refused
 * number changes nothing, and a failure on the way leaves the former in force. Repeated after one it ends the same. Answers
 * that id.
 * @throws ValidationFailed on `vatNumber`, StripeUnavailable, what `then` throws
 */
export async function replaceVatNumber(
  stripe: Stripe,
  customer: string,
  value: string | null,
  then: (taxId: string | null) => Promise<void>,
): Promise<string | null> {
  const had = (await callStripe(() => stripe.customers.listTaxIds(customer, { limit: 100 }))).data.filter(
    ({ type }) => type === 'eu_vat',
  );
  const same = value ? had.find((one) => one.value === value)?.id : undefined;
  const added = value && !same ? await addVatNumber(stripe, customer, value) : null;
  const kept = same ?? added;
  try {
    await then(kept);
  } catch (error) {
    if (added) {
      await callStripe(() => stripe.customers.deleteTaxId(customer, added)).catch((failure) => {
        if (!isMissing(failure))
          log.error({ error: failure, customer }, 'a VAT number that was given could not be taken back');
      });
    }
    throw error;
  }
  for (const { id } of had.filter((one) => one.id !== kept)) {
    await callStripe(() => stripe.customers.deleteTaxId(customer, id)).catch((error) => {
      if (!isMissing(error)) throw error;
    });
  }
  return kept;
}

/** @throws ValidationFailed on `vatNumber` when Stripe refuses it, StripeUnavailable */
async function addVatNumber(stripe: Stripe, customer: string, value: string): Promise<string> {
  try {
    return (await callStripe(() => stripe.customers.createTaxId(customer, { type: 'eu_vat', value }))).id;
  } catch (error) {
    if (!isRefused(error) || isMissing(error)) throw error;
    throw invalid('vatNumber', 'vat_number', (error as Error).message);
  }
}

export type CustomerRow = typeof customers.$inferSelect;
