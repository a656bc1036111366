import { and, eq, isNull, or } from 'drizzle-orm';
import type Stripe from 'stripe';
import type { Db, Tx } from '@/db/client';
import { customers, settings } from '@/db/schema';
import { NotFound, ValidationFailed } from '@/lib/errors';
import { callStripe } from '@/lib/stripe/client';
import { holdMerchant } from './accounts';
import { type Actor, recordAudit } from './audit';
import { addVatNumber, putDetails } from './customer-details';
import { MerchantClosed } from './errors';

type Context = { actor: Actor; now: Date };
export type CustomerRow = typeof customers.$inferSelect;

/** A merchant's billing row. @throws NotFound */
export async function getCustomer(db: Db, merchantId: string): Promise<CustomerRow> {
  const [row] = await db.select().from(customers).where(eq(customers.merchantId, merchantId));
  if (!row) throw new NotFound('merchant', merchantId);
  return row;
}

/**
 * The merchant's customer at Stripe, made when there is none (or when it was deleted there). Two at once make one: the
 * idempotency key is the merchant's, for an hour, because Stripe repeats a failure under the same key. Nothing but the mark
 * is asked for under it, as the details may be others in the next try (stripe.md 39); they follow.
 * @throws StripeUnavailable, NotFound, MerchantClosed
 */
export async function ensureStripeCustomer(
  db: Db,
  stripe: Stripe,
  merchantId: string,
  context: Context,
): Promise<string> {
  const row = await getCustomer(db, merchantId);
  if (row.stripeCustomerId && !row.deletedAtStripe) return row.stripeCustomerId;
  await db.transaction((tx) => holdMerchant(tx, merchantId));
  const idempotencyKey = `customer:${merchantId}:${row.deletedAtStripe?.getTime() ?? 0}:${Math.floor(Date.now() / 3_600_000)}`;
  const { id } = await callStripe(() =>
    stripe.customers.create({ metadata: { merchant: merchantId } }, { idempotencyKey }),
  );
  await putDetails(stripe, id, row);
  const taxId = row.vatNumber ? await giveVatNumber(stripe, id, row.vatNumber) : null;
  await db
    .transaction((tx) => bind(tx, row, { stripeCustomerId: id, stripeTaxId: taxId }, context))
    .catch(async (error) => {
      // Closed while Stripe was asked: nobody else would delete what was made.
      if (error instanceof MerchantClosed) await callStripe(() => stripe.customers.del(id));
      throw error;
    });
  return (await getCustomer(db, merchantId)).stripeCustomerId ?? id;
}

/** The number of a new customer; null when Stripe refuses it, which keeps nobody from buying. */
async function giveVatNumber(stripe: Stripe, id: string, value: string): Promise<string | null> {
  const once = { idempotencyKey: `vat_number:${id}:${value}` };
  return addVatNumber(stripe, id, value, once).catch((error) => {
    if (!(error instanceof ValidationFailed)) throw error;
    return null;
  });
}

/** Makes a new customer the merchant's, unless an event was faster. A number it was refused is invalid. @throws MerchantClosed */
async function bind(
  tx: Tx,
  row: CustomerRow,
  made: { stripeCustomerId: string; stripeTaxId: string | null },
  context: Context,
): Promise<void> {
  await holdMerchant(tx, row.merchantId);
  const whose = eq(customers.merchantId, row.merchantId);
  await tx
    .update(customers)
    .set({ ...made, deletedAtStripe: null })
    .where(
      and(
        whose,
        or(isNull(customers.stripeCustomerId), eq(customers.stripeCustomerId, row.stripeCustomerId ?? '')),
      ),
    );
  if (!row.vatNumber || made.stripeTaxId) return;
  const [refused] = await tx
    .update(customers)
    .set({ vatStatus: 'invalid' })
    .where(and(whose, eq(customers.vatNumber, row.vatNumber)))
    .returning({ id: customers.merchantId });
  if (!refused) return;
  await recordAudit(tx, context.actor, context.now, {
    action: 'billing_details.updated',
    entity: 'customer',
    entityId: row.merchantId,
    merchantId: row.merchantId,
    before: { vatStatus: row.vatStatus },
    after: { vatStatus: 'invalid' },
  });
}

/** The setting that keeps the id of our portal configuration. */
export const PORTAL_CONFIGURATION = 'portal_configuration';

/**
 * Opens Stripe's customer portal for the payment method, invoices, billing details and cancelling. It offers no plan
 * switch: that is ours, with a preview (stripe.md 42). A customer that is not there yet is made.
 * @throws StripeUnavailable, NotFound, MerchantClosed
 */
export async function openPortal(
  db: Db,
  stripe: Stripe,
  input: Context & { merchantId: string; returnUrl: string },
): Promise<{ portal_url: string }> {
  const customer = await ensureStripeCustomer(db, stripe, input.merchantId, input);
  const configuration = await portalConfiguration(db, stripe);
  const session = await callStripe(() =>
    stripe.billingPortal.sessions.create({ customer, configuration, return_url: input.returnUrl }),
  );
  return { portal_url: session.url };
}

/** The id of our portal configuration, made once per installation. */
async function portalConfiguration(db: Db, stripe: Stripe): Promise<string> {
  const [kept] = await db.select().from(settings).where(eq(settings.name, PORTAL_CONFIGURATION));
  if (typeof kept?.value === 'string') return kept.value;
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
      { idempotencyKey: 'tierline:portal:1' },
    ),
  );
  await db.insert(settings).values({ name: PORTAL_CONFIGURATION, value: made.id }).onConflictDoNothing();
  const [now] = await db.select().from(settings).where(eq(settings.name, PORTAL_CONFIGURATION));
  return typeof now?.value === 'string' ? now.value : made.id;
}
