import { and, eq, inArray, isNotNull, isNull, max, sql } from 'drizzle-orm';
import type { Db, Tx } from '@/db/client';
import { type Change, storeAddOns, stores, subscriptionStatuses, subscriptions } from '@/db/schema';
import { askToEndAddOns } from '@/lib/billing/account/current';
import { computeMrr, discountsOf, recordMovement, sumMrr } from '@/lib/billing/account/revenue';
import { type Account, ofAccount } from '@/lib/billing/accounts';
import { type Act, record } from '@/lib/billing/audit';
import { LIVE } from '@/lib/billing/statuses';
import type { ItemSnapshot, SubscriptionSnapshot } from '@/lib/stripe/subscription-snapshot';
import { findDiscount, Unrecognised } from './customer-lock';
import type { AddOnItem } from './items';
import { type Moment, mayApply, type Outcome, upsertMirrored } from './mirror';

/**
 * Mirrors the add-on items of a subscription: of an add-on's own subscription, or (imports) of the base one, whose
 * recurring revenue then counts them already. Items that are gone end.
 */
export async function syncAddOnItems(
  tx: Tx,
  merchantId: string,
  snapshot: SubscriptionSnapshot,
  held: AddOnItem<ItemSnapshot>[],
  moment: Moment,
  context: Act,
  where: 'own' | 'on_base' = 'own',
): Promise<Outcome> {
  const rows = await tx.select().from(storeAddOns).where(eq(storeAddOns.stripeSubscriptionId, snapshot.id));
  if (where === 'own') {
    const newest = rows.reduce<(typeof rows)[number] | null>(
      (best, row) => (best && best.syncNumber >= row.syncNumber ? best : row),
      null,
    );
    if (newest?.status === 'canceled' || newest?.status === 'incomplete_expired') {
      return { kind: 'applied', merchantId, changes: [] };
    }
    if (!mayApply(newest, moment) || (!snapshot.isWhole && moment.fetchedAgainst === undefined)) {
      return { kind: 'settle' };
    }
  }
  const changes: Change[] = [];
  // One number for all rows of the subscription: an item that comes late must not count as older than one that is gone.
  const number = rows.reduce((most, row) => Math.max(most, row.syncNumber), 0) + 1;
  const status = subscriptionStatuses.find((one) => one === snapshot.status);
  if (!status) throw new Unrecognised('unknown_status', { status: snapshot.status });
  const ended = status === 'canceled' || status === 'incomplete_expired';
  const discounts = discountsOf(snapshot.discounts, await findDiscount(tx, merchantId));
  for (const addOn of held) {
    const row = rows.find((one) => one.stripeItemId === addOn.item.id);
    const account = { merchantId, platformId: addOn.platformId };
    const next = {
      addOnId: addOn.addOnId,
      isOnPlan: where === 'on_base',
      status,
      quantity: addOn.item.quantity,
      currentPeriodStart: addOn.item.periodStart,
      currentPeriodEnd: addOn.item.periodEnd,
      cancelAt: snapshot.cancelAt,
      cancelAtPeriodEnd: snapshot.cancelAtPeriodEnd,
      endedAt: snapshot.endedAt ?? (ended ? moment.at : null),
      currency: snapshot.currency,
      automaticTax: snapshot.automaticTax,
      taxDisabledReason: snapshot.taxDisabledReason,
      mrrCents:
        where === 'own' ? computeMrr(status, [addOn.item], discounts, snapshot.currency, moment.at) : 0,
    };
    const moneyMoved = !row || row.mrrCents !== next.mrrCents || row.currency !== next.currency;
    const before = moneyMoved ? await sumMrr(tx, account, next.currency) : 0;
    const change = await upsertMirrored(
      tx,
      { table: storeAddOns, entity: 'add_on', prefix: 'add' },
      row,
      next,
      {
        sync: { syncedAt: moment.at, syncNumber: number },
        fresh: async () => {
          const marks = { ...snapshot.marks, ...addOn.item.marks };
          const storeId = await findStore(tx, account, marks.store);
          const stripe = { stripeSubscriptionId: snapshot.id, stripeItemId: addOn.item.id };
          return { ...account, storeId, domain: marks.domain ?? null, ...stripe };
        },
      },
    );
    if (!change) continue;
    changes.push(change);
    await record(
      tx,
      context,
      row ? 'add_on.updated' : 'add_on.created',
      { id: change.id, ...account },
      { before: change.before, after: change.after },
    );
    if (moneyMoved) await recordMovement(tx, account, next.currency, before, moment.at);
  }
  const gone = rows.filter((row) => !row.endedAt && !held.some((one) => one.item.id === row.stripeItemId));
  for (const row of gone) {
    const account = { merchantId, platformId: row.platformId };
    const before = await sumMrr(tx, account, row.currency);
    const after = { status: 'canceled' as const, endedAt: moment.at, mrrCents: 0 };
    await tx
      .update(storeAddOns)
      .set(after)
      .where(and(eq(storeAddOns.id, row.id), isNull(storeAddOns.endedAt)));
    changes.push({ entity: 'add_on', id: row.id, before: { status: row.status }, after });
    await record(
      tx,
      context,
      'add_on.ended',
      { id: row.id, ...account },
      { before: { status: row.status }, after },
    );
    await recordMovement(tx, account, row.currency, before, moment.at);
  }
  if (where === 'own' && changes.length > 0 && !ended) {
    for (const platformId of new Set(held.map((one) => one.platformId))) {
      await endWithoutPlan(tx, { merchantId, platformId });
    }
  }
  return { kind: 'applied', merchantId, changes };
}

/** An add-on whose first word comes after its plan's end: the worker asks Stripe, and ends it if that is so. */
async function endWithoutPlan(tx: Tx, account: Account): Promise<void> {
  const [plan] = await tx
    .select({ id: subscriptions.id })
    .from(subscriptions)
    .where(
      and(
        ofAccount(subscriptions, account),
        inArray(subscriptions.status, LIVE),
        isNotNull(subscriptions.stripeSubscriptionId),
      ),
    )
    .limit(1);
  if (!plan) await askToEndAddOns(tx, account);
}

/** The store an add-on is for: the one it names, else (imports) the merchant's first on the platform. */
async function findStore(
  tx: Tx,
  account: { merchantId: string; platformId: string },
  store: string | undefined,
) {
  const [row] = await tx
    .select({ id: stores.id })
    .from(stores)
    .where(ofAccount(stores, account))
    .orderBy(sql`(${stores.id} = ${store ?? ''} or ${stores.code} = ${store ?? ''}) desc`, stores.createdAt)
    .limit(1);
  if (!row) throw new Unrecognised('unknown_platform', { store: store ?? null, ...account });
  return row.id;
}

/** The sync number of an add-on's own subscription, null when we have none. */
export async function addOnSyncNumber(db: Db, stripeSubscriptionId: string): Promise<number | null> {
  const [row] = await db
    .select({ number: max(storeAddOns.syncNumber) })
    .from(storeAddOns)
    .where(eq(storeAddOns.stripeSubscriptionId, stripeSubscriptionId));
  return row?.number ?? null;
}
