import { and, eq, isNull, ne, or, sql } from 'drizzle-orm';
import type Stripe from 'stripe';
import type { Db, Tx } from '@/db/client';
import { customers, settings } from '@/db/schema';
import { holdMerchant } from '@/lib/billing/accounts';
import { type Act, changedFields, record } from '@/lib/billing/audit';
import { EditConflict, MerchantClosed } from '@/lib/billing/errors';
import { syncCustomer } from '@/lib/billing/mirror/customer';
import { Moved } from '@/lib/billing/mirror/mirror';
import { NotFound, ValidationFailed } from '@/lib/errors';
import { callStripe, isMissing, isRefused } from '@/lib/stripe/client';
import { type CustomerRow, detailsOf, putDetails, replaceVatNumber } from './stripe-details';

/** A merchant's billing row. @throws NotFound */
export async function getCustomer(db: Db, merchantId: string): Promise<CustomerRow> {
  const [row] = await db.select().from(customers).where(eq(customers.merchantId, merchantId));
  if (!row) throw new NotFound('merchant', merchantId);
  return row;
}

/**
 * The merchant's customer at Stripe with all its details, made when there is none (or when it was deleted there). A VAT
 * number that it never got is sent first. Safe to repeat after a failure at any point.
 * @throws StripeUnavailable, NotFound, MerchantClosed, EditConflict when the details keep changing
 */
export async function ensureStripeCustomer(
  db: Db,
  stripe: Stripe,
  merchantId: string,
  context: Act,
): Promise<string> {
  for (let attempt = 0; attempt < 5; attempt++) {
    const row = await getCustomer(db, merchantId);
    const id = row.deletedAtStripe ? null : row.stripeCustomerId;
    if (id && !owesVatNumber(row)) return id;
    try {
      await (id ? sendVatNumber(db, stripe, row, context) : makeCustomer(db, stripe, row));
    } catch (error) {
      if (!isMissing(error)) throw error;
      // Deleted there meanwhile, and its event has yet to come.
      if (id) await syncCustomer(db, stripe, id, context);
    }
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
  act: Act,
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

/** Whether there is a VAT number that Stripe has not been given; one that was found invalid waits to be typed again. */
export function owesVatNumber(row: CustomerRow): boolean {
  return row.vatNumber !== null && row.stripeTaxId === null && row.vatStatus !== 'invalid';
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

/**
 * Gives the customer the VAT number it never got. One that Stripe refuses is invalid, with its audit row, and keeps nobody
 * from buying. When the number was changed meanwhile, or another window was faster, nothing is kept: look again.
 * @throws StripeUnavailable
 */
export async function sendVatNumber(db: Db, stripe: Stripe, row: CustomerRow, context: Act): Promise<void> {
  const { merchantId, stripeCustomerId, vatNumber } = row;
  if (!stripeCustomerId || !vatNumber) return;
  const stillOwed = (taxId: string | null) =>
    and(
      eq(customers.merchantId, merchantId),
      eq(customers.stripeCustomerId, stripeCustomerId),
      isNull(customers.deletedAtStripe),
      eq(customers.vatNumber, vatNumber),
      or(isNull(customers.stripeTaxId), taxId ? eq(customers.stripeTaxId, taxId) : undefined),
    );
  try {
    await replaceVatNumber(stripe, stripeCustomerId, vatNumber, async (stripeTaxId) => {
      const [kept] = await db
        .update(customers)
        .set({ stripeTaxId })
        .where(stillOwed(stripeTaxId))
        .returning({ id: customers.merchantId });
      if (!kept) throw new Moved();
    });
  } catch (error) {
    if (error instanceof Moved) return;
    if (!(error instanceof ValidationFailed)) throw error;
    await db.transaction(async (tx) => {
      const [refused] = await tx
        .update(customers)
        .set({ vatStatus: 'invalid' })
        .where(and(stillOwed(null), ne(customers.vatStatus, 'invalid')))
        .returning({ id: customers.merchantId });
      if (!refused) return;
      await record(
        tx,
        context,
        'billing_details.updated',
        { id: merchantId, merchantId },
        { before: { vatStatus: row.vatStatus }, after: { vatStatus: 'invalid' } },
      );
    });
  }
}

/** The setting that keeps the id of our portal configuration. */
export const PORTAL_CONFIGURATION = 'portal_configuration';

/**
 * Opens Stripe's customer portal for the payment method, invoices, billing details and cancelling. It offers no plan
 * switch: that is ours, with a preview (stripe.md 42). A customer that is not there yet is made.
 * @throws StripeUnavailable, NotFound, MerchantClosed, EditConflict
 */
export async function openPortal(
  db: Db,
  stripe: Stripe,
  input: Act & { merchantId: string; returnUrl: string },
): Promise<{ portalUrl: string }> {
  return withStripeCustomer(db, stripe, input.merchantId, input, async (customer) => {
    const open = (configuration: string) =>
      callStripe(() =>
        stripe.billingPortal.sessions.create({ customer, configuration, return_url: input.returnUrl }),
      );
    const kept = await portalConfiguration(db, stripe);
    const session = await open(kept).catch(async (error: unknown) => {
      if (!isRefused(error) || (await isUsable(stripe, kept))) throw error;
      // Of another account, deleted, or switched off by somebody: a session would be refused for ever.
      return open(await makeConfiguration(db, stripe, kept));
    });
    return { portalUrl: session.url };
  });
}

/** Whether sessions may still be opened with a configuration. */
async function isUsable(stripe: Stripe, configuration: string): Promise<boolean> {
  try {
    const { active } = await callStripe(() => stripe.billingPortal.configurations.retrieve(configuration));
    return active;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** The id of our portal configuration, made once per installation. */
async function portalConfiguration(db: Db, stripe: Stripe): Promise<string> {
  return (await keptConfiguration(db)) ?? makeConfiguration(db, stripe, '');
}

async function keptConfiguration(db: Db): Promise<string | undefined> {
  const [kept] = await db.select().from(settings).where(eq(settings.name, PORTAL_CONFIGURATION));
  return typeof kept?.value === 'string' ? kept.value : undefined;
}

/** Makes one in the place of `former`; of two that do it at once both end with the one that is kept. */
async function makeConfiguration(db: Db, stripe: Stripe, former: string): Promise<string> {
  const made = await callStripe(() =>
    stripe.billingPortal.configurations.create(
      {
        name: 'Tierline',
        metadata: { tierline: 'portal' },
        features: {
          payment_method_update: { enabled: true },
          invoice_history: { enabled: true },
          customer_update: { enabled: true, allowed_updates: ['name', 'email', 'address', 'tax_id'] },
          subscription_cancel: {
            enabled: true,
            mode: 'at_period_end',
            cancellation_reason: {
              enabled: true,
              options: ['too_expensive', 'missing_features', 'switched_service', 'unused', 'other'],
            },
          },
          subscription_update: { enabled: false },
        },
      },
      { idempotencyKey: `tierline:portal:1${former && `:${former}`}` },
    ),
  );
  const row = { name: PORTAL_CONFIGURATION, value: made.id };
  await db
    .insert(settings)
    .values(row)
    .onConflictDoUpdate({
      target: settings.name,
      set: { value: made.id },
      setWhere: sql`${settings.value} = to_jsonb(${former}::text)`,
    });
  return (await keptConfiguration(db)) ?? made.id;
}
