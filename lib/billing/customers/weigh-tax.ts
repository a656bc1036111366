import { and, eq, inArray, isNotNull } from 'drizzle-orm';
import type Stripe from 'stripe';
import type { Db, Tx } from '@/db/client';
import { newId } from '@/db/ids';
import { customers, type KeptTaxId, subscriptions } from '@/db/schema';
import { type Act, record } from '@/lib/billing/audit';
import { EditConflict } from '@/lib/billing/errors';
import { syncCustomer } from '@/lib/billing/mirror/customer';
import { GIVEN, isGiven } from '@/lib/billing/mirror/tax-ids';
import { findRecipient, queueEmail } from '@/lib/billing/notices';
import { LIVE } from '@/lib/billing/statuses';
import { NotFound } from '@/lib/errors';
import { callStripe, isMissing, isRefused } from '@/lib/stripe/client';
import type { Decision } from '@/lib/vat/treatment';
import { wasFreeUntold } from './free-invoice';
import type { CustomerRow } from './stripe-details';
import {
  decideTax,
  isAsWanted,
  isCharged,
  REFUSED,
  splitTaxIds,
  type TaxRules,
  type Wanted,
  wantedAtStripe,
} from './tax';

/** Who weighs, when, and by which rules. */
export type TaxAct = Act & { tax: TaxRules };

const TRIES = 6;
/** What `treatment_reason` says of a row that was never weighed: nobody hears of the first time. */
const UNWEIGHED = 'unweighed';

/**
 * Weighs again who owes a merchant's VAT, and brings Stripe's customer to it: the number that may stand, `tax_exempt`. What
 * came out otherwise than before is audited and, where it changes an invoice to come, told to the owner. A number that
 * Stripe shows and we do not know is taken in first, never thrown away unseen. Safe to repeat, in any order with others:
 * who wrote at Stripe last looks again, until Stripe is as the row wants it. `look`: what Stripe says is read first.
 * @throws StripeUnavailable, NotFound, EditConflict when the row keeps changing
 */
export async function weighTax(
  db: Db,
  stripe: Stripe | null,
  merchantId: string,
  act: TaxAct,
  { look = false } = {},
): Promise<Pick<Decision, 'treatment' | 'reason'>> {
  if (look && stripe) {
    const [row] = await db.select().from(customers).where(eq(customers.merchantId, merchantId));
    if (row?.stripeCustomerId && !row.deletedAtStripe)
      await syncCustomer(db, stripe, row.stripeCustomerId, act);
  }
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const { row, decision, wanted } = await db.transaction((tx) => decide(tx, merchantId, act));
    const id = row.stripeCustomerId;
    if (!stripe || !id || row.deletedAtStripe || isAsWanted(row, wanted)) return decision;
    try {
      await bringTo(db, stripe, id, row, wanted);
    } catch (error) {
      // Deleted there, and its event has yet to come: what is brought in next says so.
      if (!isMissing(error)) throw error;
    }
    await syncCustomer(db, stripe, id, act);
  }
  throw new EditConflict();
}

/** The decision, written down; and which of the tax ids are to go, before anybody is asked to take them away. */
async function decide(
  tx: Tx,
  merchantId: string,
  act: TaxAct,
): Promise<{ row: CustomerRow; decision: Decision; wanted: Wanted }> {
  const whose = eq(customers.merchantId, merchantId);
  const [row] = await tx.select().from(customers).where(whose).for('no key update');
  if (!row) throw new NotFound('merchant', merchantId);
  const decision = decideTax(row, act.tax);
  const wanted = wantedAtStripe(row, decision, act.tax);
  const { kept, unwanted } = splitTaxIds(row, wanted);
  const taxIds = row.taxIds.map(
    (one): KeptTaxId => (unwanted.some(({ id }) => id === one.id) ? { ...one, leaving: true } : one),
  );
  if (wanted.number && !kept && !isGiven(taxIds, wanted.number))
    taxIds.push({ id: GIVEN, type: 'eu_vat', value: wanted.number });
  const next = {
    treatment: decision.treatment,
    treatmentReason: decision.reason,
    taxIds,
    stripeTaxId: kept?.id ?? null,
  };
  await tx.update(customers).set(next).where(whose);
  const isOther = row.treatment !== next.treatment || row.treatmentReason !== next.treatmentReason;
  const isTurned =
    row.treatmentReason !== UNWEIGHED && isCharged(row.treatment) !== isCharged(next.treatment);
  if (isOther) {
    const said = (of: Pick<CustomerRow, 'treatment' | 'treatmentReason'>) => ({
      treatment: of.treatment,
      treatmentReason: of.treatmentReason,
    });
    const change = { before: said(row), after: said(next) };
    await record(tx, act, 'billing_details.tax_weighed', { id: merchantId, merchantId }, change);
  }
  // One for each time it turns; the row's lock keeps it to that.
  if (isTurned) await tell(tx, row, decision, act, newId('tax'));
  else if (await wasFreeUntold(tx, row, decision))
    await tell(tx, row, decision, act, `${merchantId}:${row.vatNumber}:${decision.reason}`);
  return { row: { ...row, ...next }, decision, wanted };
}

/** The owner hears of what changes an invoice to come: one who has no subscription at Stripe sees it when buying. */
async function tell(tx: Tx, row: CustomerRow, decision: Decision, act: TaxAct, fact: string): Promise<void> {
  if (act.quiet || !(await hasInvoiceToCome(tx, row.merchantId))) return;
  const to = await findRecipient(tx, row.merchantId);
  if (!to) return;
  const template = isCharged(decision.treatment) ? 'vat_charged' : 'vat_not_charged';
  await queueEmail(tx, {
    key: `${template}:${fact}`,
    template,
    ...to,
    merchantId: row.merchantId,
    data: { reason: decision.reason, number: row.vatNumber, country: row.country },
    at: act.now,
  });
}

async function hasInvoiceToCome(tx: Tx, merchantId: string): Promise<boolean> {
  const [one] = await tx
    .select({ id: subscriptions.id })
    .from(subscriptions)
    .where(
      and(
        eq(subscriptions.merchantId, merchantId),
        isNotNull(subscriptions.stripeSubscriptionId),
        inArray(subscriptions.status, LIVE),
      ),
    )
    .limit(1);
  return one !== undefined;
}

/** Asks Stripe for what is wanted. Nothing is done where Stripe shows a number that we have not taken in yet. */
async function bringTo(
  db: Db,
  stripe: Stripe,
  customer: string,
  row: CustomerRow,
  wanted: Wanted,
): Promise<void> {
  const shown = (await callStripe(() => stripe.customers.listTaxIds(customer, { limit: 100 }))).data;
  const numbers = shown.filter(({ type }) => type === 'eu_vat');
  const known = new Map(row.taxIds.map((one) => [one.id, one]));
  if (numbers.some(({ id }) => !known.has(id))) return;
  const leaving = numbers.filter(({ id }) => known.get(id)?.leaving);
  for (const { id } of leaving) {
    await callStripe(() => stripe.customers.deleteTaxId(customer, id)).catch((error) => {
      if (!isMissing(error)) throw error;
    });
  }
  if (wanted.number && numbers.length === leaving.length)
    await give(db, stripe, customer, row, wanted.number);
  if (row.taxExempt !== wanted.taxExempt)
    await callStripe(() => stripe.customers.update(customer, { tax_exempt: wanted.taxExempt }));
}

/** A number that Stripe refuses is remembered as such: the next look wants what can be had without it. */
async function give(
  db: Db,
  stripe: Stripe,
  customer: string,
  row: CustomerRow,
  number: string,
): Promise<void> {
  try {
    await callStripe(() => stripe.customers.createTaxId(customer, { type: 'eu_vat', value: number }));
  } catch (error) {
    if (!isRefused(error) || isMissing(error)) throw error;
    await db
      .update(customers)
      .set({ vatTrouble: REFUSED })
      .where(and(eq(customers.merchantId, row.merchantId), eq(customers.vatNumber, number)));
  }
}
