import { eq } from 'drizzle-orm';
import type Stripe from 'stripe';
import { z } from 'zod';
import type { Db } from '@/db/client';
import { customers } from '@/db/schema';
import { holdMerchant } from '@/lib/billing/accounts';
import { changedFields, record } from '@/lib/billing/audit';
import { syncCustomer } from '@/lib/billing/mirror/customer';
import { newNumber } from '@/lib/billing/mirror/tax-ids';
import { askToCheck, askToWeigh } from '@/lib/billing/vat-queue';
import { isCountry } from '@/lib/countries';
import { invalid } from '@/lib/errors';
import { log } from '@/lib/log';
import { isMissing } from '@/lib/stripe/client';
import { StripeUnavailable } from '@/lib/stripe/errors';
import { normaliseVatNumber, readVatNumber } from '@/lib/vat/number';
import { getCustomer } from './customers';
import { type CustomerRow, putDetails } from './stripe-details';
import { type TaxAct, weighTax } from './weigh-tax';

const line = z.string().trim().max(200);

/** What PUT billing-details takes; what is not named stays. */
export const billingDetailsInput = z.strictObject({
  name: z.string().trim().min(1).max(200).optional(),
  email: z.email().max(254).optional(),
  address: z
    .strictObject({
      line1: line.optional(),
      line2: line.optional(),
      postalCode: z.string().trim().max(20).optional(),
      city: line.optional(),
      state: line.optional(),
      country: z.string().trim().toUpperCase().refine(isCountry, 'a country code of ISO 3166').optional(),
    })
    .optional(),
  /** Null or empty takes it away. */
  vatNumber: z.string().trim().max(40).nullish(),
});

export type BillingDetailsInput = z.output<typeof billingDetailsInput>;

/**
 * Changes who the invoices are made out to. Stripe's customer first, when there is one, then our row with its audit row:
 * if Stripe is down nothing has changed. A new VAT number is `pending` until VIES was asked, and one that is saved again
 * after a "no" or no answer is asked about again. Who owes the VAT is weighed before this returns. Idempotent.
 * @throws ValidationFailed on `vatNumber` when it is named, on `address`, StripeUnavailable, NotFound, MerchantClosed
 */
export async function updateBillingDetails(
  db: Db,
  stripe: Stripe | null,
  input: TaxAct & { merchantId: string; details: BillingDetailsInput },
): Promise<CustomerRow> {
  const row = await getCustomer(db, input.merchantId);
  const { details } = input;
  const address = details.address ?? {};
  const next = {
    name: details.name ?? row.name,
    email: details.email ?? row.email,
    line1: address.line1 ?? row.line1,
    line2: address.line2 ?? row.line2,
    postalCode: address.postalCode ?? row.postalCode,
    city: address.city ?? row.city,
    state: address.state ?? row.state,
    country: address.country ?? row.country,
    ...numberIn(details, row, input.now),
  };
  await db.transaction((tx) => holdMerchant(tx, input.merchantId));
  // Also when nothing is new here: a try that failed half way may have left Stripe behind.
  if (stripe) await pushDetails(db, stripe, row, { ...row, ...next }, input);
  await db.transaction(async (tx) => {
    await holdMerchant(tx, input.merchantId);
    await tx.update(customers).set(next).where(eq(customers.merchantId, input.merchantId));
    await askToWeigh(tx, input.merchantId);
    if (next.vatNumber && next.vatNextCheckAt) await askToCheck(tx, input.merchantId, next.vatNumber);
    const { vatNextCheckAt: _when, ...told } = next;
    const changed = changedFields(row as Partial<typeof told>, told);
    if (!changed) return;
    await record(
      tx,
      input,
      'billing_details.updated',
      { id: input.merchantId, merchantId: input.merchantId },
      { before: changed.before, after: changed.after },
    );
  });
  await weighTax(db, stripe, input.merchantId, input).catch((error) => {
    // Saved and queued: the worker tells Stripe as soon as it answers.
    if (!(error instanceof StripeUnavailable)) throw error;
    log.warn({ err: error, merchantId: input.merchantId }, 'tax is weighed later');
  });
  return getCustomer(db, input.merchantId);
}

/** What the named number changes: nothing when it is the one we have, but that it is asked about again where that may help. */
function numberIn(
  { vatNumber: typed }: BillingDetailsInput,
  row: CustomerRow,
  now: Date,
): Partial<ReturnType<typeof newNumber>> {
  if (typed === undefined) return {};
  if (!typed) return row.vatNumber === null ? {} : newNumber(null, null, now);
  // One that Stripe let through is shown as it came there, and comes back as it is shown.
  const isOurs = row.vatNumber !== null && normaliseVatNumber(typed) === row.vatNumber;
  if (isOurs) return row.vatStatus === 'valid' ? {} : { vatNumber: row.vatNumber, vatNextCheckAt: now };
  const number = readVatNumber(typed);
  if (!number) throw invalid('vatNumber', 'vat_number', 'is not a VAT number of an EU country');
  return newNumber(number, typed, now);
}

/** Tells Stripe's customer who it is. What it may not be taxed as is told by `weighTax`. */
async function pushDetails(
  db: Db,
  stripe: Stripe,
  row: CustomerRow,
  next: CustomerRow,
  input: TaxAct & { details: BillingDetailsInput },
): Promise<void> {
  const id = row.stripeCustomerId;
  if (!id || row.deletedAtStripe) return;
  const validates = input.tax.automaticTax && input.details.address !== undefined;
  try {
    await putDetails(stripe, id, { ...next, taxExempt: undefined }, undefined, validates);
  } catch (error) {
    if (!isMissing(error)) throw error;
    // Deleted there, and its event has yet to come: the next customer is made with these details.
    await syncCustomer(db, stripe, id, input);
  }
}
