import { eq } from 'drizzle-orm';
import type Stripe from 'stripe';
import type { Db, Tx } from '@/db/client';
import { customers } from '@/db/schema';
import { holdMerchant } from '@/lib/billing/accounts';
import { changedFields } from '@/lib/billing/audit';
import { EditConflict, MerchantClosed } from '@/lib/billing/errors';
import { syncCustomer } from '@/lib/billing/mirror/customer';
import { NotFound } from '@/lib/errors';
import { callStripe, isMissing } from '@/lib/stripe/client';
import { type CustomerRow, detailsOf, putDetails } from './stripe-details';
import { type TaxAct, weighTax } from './weigh-tax';

/** A merchant's billing row. @throws NotFound */
export async function getCustomer(db: Db, merchantId: string): Promise<CustomerRow> {
  const [row] = await db.select().from(customers).where(eq(customers.merchantId, merchantId));
  if (!row) throw new NotFound('merchant', merchantId);
  return row;
}

/**
 * The merchant's customer at Stripe with all its details, made when there is none (or when it was deleted there), and taxed
 * as it should be. Safe to repeat after a failure at any point.
 * @throws StripeUnavailable, NotFound, MerchantClosed, EditConflict when the details keep changing
 */
export async function ensureStripeCustomer(
  db: Db,
  stripe: Stripe,
  merchantId: string,
  act: TaxAct,
): Promise<string> {
  for (let attempt = 0; attempt < 5; attempt++) {
    const row = await getCustomer(db, merchantId);
    if (!row.stripeCustomerId || row.deletedAtStripe) await makeCustomer(db, stripe, row);
    await weighTax(db, stripe, merchantId, act);
    const { stripeCustomerId, deletedAtStripe } = await getCustomer(db, merchantId);
    if (stripeCustomerId && !deletedAtStripe) return stripeCustomerId;
  }
  throw new EditConflict();
}

/**
 * Does `work` with the merchant's customer at Stripe. One that was deleted there, whose event has yet to come, is written
 * down as gone, and `work` is done with a new one.
 * @throws StripeUnavailable, NotFound, MerchantClosed, EditConflict, and what `work` throws
 */
export async function withStripeCustomer<T>(
  db: Db,
  stripe: Stripe,
  merchantId: string,
  act: TaxAct,
  work: (customer: string) => Promise<T>,
): Promise<T> {
  const customer = await ensureStripeCustomer(db, stripe, merchantId, act);
  try {
    return await work(customer);
  } catch (error) {
    if (!isMissing(error)) throw error;
    await syncCustomer(db, stripe, customer, act);
    if (!(await getCustomer(db, merchantId)).deletedAtStripe) throw error;
    return work(await ensureStripeCustomer(db, stripe, merchantId, act));
  }
}

/**
 * Makes the merchant's customer. Two at once make one: the idempotency key is the merchant's, for an hour, because Stripe
 * repeats a failure under the same key. Nothing is asked for under it, as the details may be others in the next try
 * (stripe.md 39): they follow in one call with the mark. So an event binds none that is nameless (stripe.md 30), and
 * what a failure leaves unmarked holds nobody's data.
 */
async function makeCustomer(db: Db, stripe: Stripe, row: CustomerRow): Promise<void> {
  const { merchantId } = row;
  await db.transaction((tx) => holdMerchant(tx, merchantId));
  const idempotencyKey = `customer:${merchantId}:${row.deletedAtStripe?.getTime() ?? 0}:${Math.floor(Date.now() / 3_600_000)}`;
  const { id } = await callStripe(() => stripe.customers.create({}, { idempotencyKey }));
  let untold: CustomerRow | null = row;
  for (let attempt = 0; untold && attempt < 3; attempt++) {
    const told: CustomerRow = untold;
    await putDetails(stripe, id, told, { merchant: merchantId });
    untold = await db
      .transaction((tx) => bind(tx, id, told))
      .catch(async (error) => {
        // Closed while Stripe was asked: nobody else would delete what was made, unless an event had bound it before.
        if (error instanceof MerchantClosed) {
          await callStripe(() => stripe.customers.del(id)).catch((failure) => {
            if (!isMissing(failure)) throw failure;
          });
        }
        throw error;
      });
  }
  if (untold) throw new EditConflict();
}

/**
 * Makes a new customer the merchant's, unless another was faster. Answers the row when it says something else than the
 * customer was told: it was saved by somebody who saw no customer yet. @throws MerchantClosed
 */
async function bind(tx: Tx, id: string, told: CustomerRow): Promise<CustomerRow | null> {
  await holdMerchant(tx, told.merchantId);
  const whose = eq(customers.merchantId, told.merchantId);
  const [row] = await tx.select().from(customers).where(whose).for('no key update');
  if (!row) throw new NotFound('merchant', told.merchantId);
  const isOther = row.stripeCustomerId !== null && row.stripeCustomerId !== id;
  if (isOther ? !row.deletedAtStripe : row.deletedAtStripe) return null;
  await tx.update(customers).set({ stripeCustomerId: id, deletedAtStripe: null }).where(whose);
  return changedFields(row, detailsOf(told)) ? row : null;
}
