import { eq } from 'drizzle-orm';
import type Stripe from 'stripe';
import { z } from 'zod';
import type { Db } from '@/db/client';
import { customers } from '@/db/schema';
import { holdMerchant } from '@/lib/billing/accounts';
import { type Act, type Actor, changedFields, record } from '@/lib/billing/audit';
import { syncCustomer } from '@/lib/billing/mirror/customer';
import { isCountry } from '@/lib/countries';
import { invalid } from '@/lib/errors';
import { callStripe, isMissing } from '@/lib/stripe/client';
import { getCustomer, owesVatNumber, sendVatNumber } from './customers';
import { type CustomerRow, putDetails, replaceVatNumber } from './stripe-details';

/** The member states, with Greece's VAT prefix EL beside its country code GR. */
const EU = 'AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK'.split(' ');
const VAT_NUMBER =
  /^(AT|BE|BG|CY|CZ|DE|DK|EE|EL|ES|FI|FR|HR|HU|IE|IT|LT|LU|LV|MT|NL|PL|PT|RO|SE|SI|SK)[0-9A-Z+*]{2,12}$/;

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
  vatNumber: z.string().trim().max(20).nullish(),
});

export type BillingDetailsInput = z.output<typeof billingDetailsInput>;

/** As it is printed and sent: upper case, without blanks, dots and dashes. */
export function normaliseVatNumber(raw: string): string {
  return raw.toUpperCase().replace(/[\s.-]/g, '');
}

/**
 * Changes who the invoices are made out to. Stripe's customer first, when there is one, then our row with its audit row:
 * if Stripe is down nothing has changed. A new VAT number is `pending` until it was checked. Idempotent.
 * @throws ValidationFailed on `vatNumber` when it is named, StripeUnavailable, NotFound, MerchantClosed
 */
export async function updateBillingDetails(
  db: Db,
  stripe: Stripe | null,
  input: {
    merchantId: string;
    details: BillingDetailsInput;
    actor: Actor;
    now: Date;
    automaticTax?: boolean;
  },
): Promise<CustomerRow> {
  const row = await getCustomer(db, input.merchantId);
  const { details } = input;
  const vat =
    details.vatNumber === undefined ? row.vatNumber : normaliseVatNumber(details.vatNumber ?? '') || null;
  if (vat && !VAT_NUMBER.test(vat))
    throw invalid('vatNumber', 'vat_number', 'is not a VAT number of an EU country');
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
    vatNumber: vat,
    ...(vat !== row.vatNumber
      ? {
          vatStatus: vat ? ('pending' as const) : ('none' as const),
          vatCheckedAt: null,
          taxExempt: 'none' as const,
        }
      : {}),
  };
  await db.transaction((tx) => holdMerchant(tx, input.merchantId));
  const changed = changedFields(row as Partial<typeof next>, next);
  // Also when nothing is new here: a try that failed half way may have left Stripe behind.
  const kept = stripe ? await pushDetails(db, stripe, row, { ...row, ...next }, input) : {};
  await db.transaction(async (tx) => {
    await holdMerchant(tx, input.merchantId);
    await tx
      .update(customers)
      .set({ ...next, ...kept })
      .where(eq(customers.merchantId, input.merchantId));
    if (!changed) return;
    await record(
      tx,
      input,
      'billing_details.updated',
      { id: input.merchantId, merchantId: input.merchantId },
      { before: changed.before, after: changed.after },
    );
  });
  return getCustomer(db, input.merchantId);
}

/**
 * Tells Stripe's customer. The VAT number when it was named, or never got there: one that is refused then is invalid, as
 * nobody named it who could be told. One that was given in the portal and that we have not heard of yet is left alone.
 * Answers what is to be kept of its tax id.
 */
async function pushDetails(
  db: Db,
  stripe: Stripe,
  row: CustomerRow,
  next: CustomerRow,
  input: Act & { details: BillingDetailsInput; automaticTax?: boolean },
): Promise<{ stripeTaxId?: string | null }> {
  const id = row.stripeCustomerId;
  if (!id || row.deletedAtStripe) return {};
  const isChanged = next.vatNumber !== row.vatNumber;
  const put = () =>
    putDetails(
      stripe,
      id,
      isChanged ? next : { ...next, taxExempt: undefined },
      undefined,
      input.automaticTax && input.details.address !== undefined,
    );
  try {
    const isNamed = input.details.vatNumber !== undefined;
    if (isNamed) return { stripeTaxId: await replaceVatNumber(stripe, id, next.vatNumber, put) };
    if (owesVatNumber(row)) await sendVatNumber(db, stripe, row, input);
    await put();
    return {};
  } catch (error) {
    if (!isMissing(error)) throw error;
    // Deleted there, and its event has yet to come: the next customer is made with these details.
    await syncCustomer(db, stripe, id, input);
    return {};
  }
}

/**
 * Whether a merchant is charged VAT: a business in another EU country with a valid number owes it itself (reverse
 * charge, Article 196 of Directive 2006/112/EC), everybody else is charged. Pure.
 */
export function taxTreatment(
  customer: Pick<CustomerRow, 'country' | 'vatStatus' | 'taxExempt'>,
  sellerCountry: string,
): 'none' | 'reverse' | 'exempt' {
  if (customer.taxExempt === 'exempt') return 'exempt';
  const elsewhere = EU.includes(customer.country) && customer.country !== sellerCountry;
  return elsewhere && customer.vatStatus === 'valid' ? 'reverse' : 'none';
}

/** Tells Stripe how a merchant is taxed, after its number was checked. Idempotent; run by the worker. */
export async function applyTaxTreatment(
  db: Db,
  stripe: Stripe | null,
  merchantId: string,
  sellerCountry: string,
  context: Act,
): Promise<{ taxExempt: string }> {
  const row = await getCustomer(db, merchantId);
  const wanted = taxTreatment(row, sellerCountry);
  const id = row.stripeCustomerId;
  if (stripe && id && !row.deletedAtStripe && wanted !== row.taxExempt) {
    await callStripe(() => stripe.customers.update(id, { tax_exempt: wanted })).catch((error) => {
      // Deleted there, and its event has yet to come: then that is what is brought in.
      if (!isMissing(error)) throw error;
    });
    await syncCustomer(db, stripe, id, context);
  }
  return { taxExempt: wanted };
}
