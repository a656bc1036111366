import { eq } from 'drizzle-orm';
import type Stripe from 'stripe';
import type { Db, Tx } from '@/db/client';
import { customers } from '@/db/schema';
import { type Act, changedFields, record } from '@/lib/billing/audit';
import { askToCheck, askToWeigh } from '@/lib/billing/vat-queue';
import { enqueue } from '@/lib/queue';
import { type CustomerSnapshot, readCard, readCustomer } from '@/lib/stripe/customer-snapshot';
import { expand } from '@/lib/stripe/expansions';
import { lockCustomer } from './customer-lock';
import { type Mirror, mayApply, momentOf } from './mirror';
import { settle } from './settle';
import { readTaxIds } from './tax-ids';

/** Stripe's customers: the billing details, the card and the tax id, taken back from what was changed at Stripe. */
export const customerMirror: Mirror<CustomerSnapshot> = {
  read: readCustomer,

  async fetch(stripe, id) {
    const customer = await stripe.customers.retrieve(id, {
      expand: expand('customer'),
    });
    const snapshot = readCustomer(customer);
    const at = momentOf(customer.lastResponse);
    if (snapshot.deleted || snapshot.card !== undefined) return { snapshot, at };
    // Without a default the newest card is the one that pays: Checkout puts it on the subscription it was given for.
    const [method] = (await stripe.customers.listPaymentMethods(id, { limit: 1 })).data;
    return { snapshot: { ...snapshot, card: method ? readCard(method) : null }, at };
  },

  async syncNumber(db, id) {
    const [row] = await db
      .select({ number: customers.syncNumber })
      .from(customers)
      .where(eq(customers.stripeCustomerId, id));
    return row?.number ?? null;
  },

  async apply(tx, snapshot, moment, context) {
    // A deleted customer binds nobody, and a late word of one that was replaced must first be asked about.
    const named = snapshot.deleted ? undefined : snapshot.marks.merchant;
    if (named && moment.fetchedAgainst === undefined && (await isReplaced(tx, snapshot.id, named))) {
      return { kind: 'settle' };
    }
    const merchantId = await lockCustomer(tx, snapshot.id, named);
    if (!merchantId) return { kind: 'ignored', code: 'unknown_customer' };
    const [row] = await tx.select().from(customers).where(eq(customers.merchantId, merchantId));
    if (row?.deletedAtStripe) return { kind: 'applied', merchantId, changes: [] };
    const untold = [snapshot.card, snapshot.taxIds, snapshot.discount].includes(undefined);
    if (snapshot.deleted) {
      const after = {
        deletedAtStripe: moment.at,
        stripeTaxId: null,
        taxIds: [],
        cardBrand: null,
        cardLast4: null,
        discount: null,
      };
      await tx
        .update(customers)
        .set({ ...after, syncedAt: moment.at, syncNumber: (row?.syncNumber ?? 0) + 1 })
        .where(eq(customers.merchantId, merchantId));
      await record(
        tx,
        context,
        'customer.deleted',
        { id: merchantId, merchantId },
        { before: { stripeCustomerId: snapshot.id }, after },
      );
      return {
        kind: 'applied',
        merchantId,
        changes: [{ entity: 'customer', id: merchantId, before: null, after }],
      };
    }
    if (!mayApply(row, moment) || (untold && moment.fetchedAgainst === undefined)) return { kind: 'settle' };
    const next = detailsOf(snapshot, row, context.now);
    const changed = changedFields(row as Partial<typeof next> | undefined, next);
    await tx
      .update(customers)
      .set({ ...next, syncedAt: moment.at, syncNumber: (row?.syncNumber ?? 0) + 1 })
      .where(eq(customers.merchantId, merchantId));
    if (!changed) return { kind: 'applied', merchantId, changes: [] };
    // What may change who owes the VAT: weighed, and told to Stripe, after the commit.
    if (['vatNumber', 'taxIds', 'country', 'taxExempt'].some((field) => field in changed.after))
      await askToWeigh(tx, merchantId);
    if (next.vatNumber && 'vatNumber' in changed.after) await askToCheck(tx, merchantId, next.vatNumber);
    // It is taken off each subscription that has none of its own: what they bring is computed anew after the commit.
    if ('discount' in changed.after)
      await enqueue(tx, 'sync_subscriptions', { merchantId }, { key: `sync_subscriptions:${merchantId}` });
    await record(
      tx,
      context,
      'customer.updated',
      { id: merchantId, merchantId },
      { before: changed.before, after: changed.after },
    );
    return {
      kind: 'applied',
      merchantId,
      changes: [{ entity: 'customer', id: merchantId, before: changed.before, after: changed.after }],
    };
  },
};

/** The columns that a snapshot says of its customer's row. Pure. */
export function detailsOf(
  snapshot: CustomerSnapshot,
  row: typeof customers.$inferSelect | undefined,
  now: Date,
) {
  return {
    name: snapshot.name || (row?.name ?? ''),
    email: snapshot.email || (row?.email ?? ''),
    ...(Object.values(snapshot.address).some(Boolean) ? snapshot.address : {}),
    taxExempt: snapshot.taxExempt,
    cardBrand: snapshot.card?.brand ?? null,
    cardLast4: snapshot.card?.last4 ?? null,
    cardExpMonth: snapshot.card?.expMonth ?? null,
    cardExpYear: snapshot.card?.expYear ?? null,
    vatNumber: row?.vatNumber ?? null,
    discount: snapshot.discount
      ? { ...snapshot.discount, end: snapshot.discount.end?.toISOString() ?? null }
      : null,
    ...readTaxIds(snapshot.taxIds ?? [], row, now),
  };
}

/** Brings our row to what Stripe says now about a customer. @throws as `settle` */
export const syncCustomer = (db: Db, stripe: Stripe, id: string, context: Act) =>
  settle(db, stripe, customerMirror, id, context);

/** Whether the merchant that a customer names has another one. */
async function isReplaced(tx: Tx, stripeCustomerId: string, merchantId: string): Promise<boolean> {
  const [row] = await tx
    .select({ id: customers.stripeCustomerId })
    .from(customers)
    .where(eq(customers.merchantId, merchantId));
  return row?.id != null && row.id !== stripeCustomerId;
}
