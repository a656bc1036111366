import { eq } from 'drizzle-orm';
import type { Tx } from '@/db/client';
import { type Change, storeAddOns, subscriptions } from '@/db/schema';
import { refreshAccount } from '@/lib/billing/account/current';
import { recordMovement, sumMrr } from '@/lib/billing/account/revenue';
import type { Account } from '@/lib/billing/accounts';
import { type Act, record } from '@/lib/billing/audit';
import { addOnSyncNumber, syncAddOnItems } from '@/lib/billing/mirror/add-on';
import { findDiscount, lockCustomer, Unrecognised } from '@/lib/billing/mirror/customer-lock';
import { loadDunning } from '@/lib/billing/mirror/dunning';
import { type PlanItem, recogniseItems } from '@/lib/billing/mirror/items';
import { type Mirror, type Moment, mayApply, momentOf, upsertMirrored } from '@/lib/billing/mirror/mirror';
import { expand } from '@/lib/stripe/expansions';
import {
  type ItemSnapshot,
  readSubscription,
  type SubscriptionSnapshot,
} from '@/lib/stripe/subscription-snapshot';
import { FINAL, type MirroredRow, nextOf, readStatus, touchesMonth } from './subscription-next';
import { readPending } from './subscription-pending';

/** Subscriptions at Stripe, plans and add-ons alike. */
export const subscriptionMirror: Mirror<SubscriptionSnapshot> = {
  read: readSubscription,

  async fetch(stripe, id) {
    const subscription = await stripe.subscriptions.retrieve(id, {
      expand: expand('subscription'),
    });
    return { snapshot: readSubscription(subscription), at: momentOf(subscription.lastResponse) };
  },

  async syncNumber(db, id) {
    const [row] = await db
      .select({ number: subscriptions.syncNumber })
      .from(subscriptions)
      .where(eq(subscriptions.stripeSubscriptionId, id));
    return row?.number ?? addOnSyncNumber(db, id);
  },

  async apply(tx, snapshot, moment, context) {
    const merchantId = await lockCustomer(tx, snapshot.customerId, snapshot.marks?.merchant, () =>
      ownerOf(tx, snapshot.id),
    );
    if (!merchantId) return { kind: 'ignored', code: 'unknown_customer' };
    const [[row], items] = await Promise.all([
      tx.select().from(subscriptions).where(eq(subscriptions.stripeSubscriptionId, snapshot.id)),
      recogniseItems(tx, snapshot.items),
    ]);
    if (row && FINAL.includes(row.status)) return { kind: 'applied', merchantId, changes: [] };
    if (!row && items.plans.length === 0 && items.addOns.length > 0) {
      return syncAddOnItems(tx, merchantId, snapshot, items.addOns, moment, context);
    }
    const plan = items.plans[0];
    if (!plan) {
      throw new Unrecognised('unmapped_price', {
        subscription: snapshot.id,
        prices: items.unmapped.map((item) => item.priceId),
      });
    }
    if (!mayApply(row, moment) || (!snapshot.isWhole && moment.fetchedAgainst === undefined))
      return { kind: 'settle' };
    const changes = await writeBase(tx, { merchantId, row, snapshot, plan, moment, context });
    if (items.addOns.length > 0 || row) {
      const added = await syncAddOnItems(tx, merchantId, snapshot, items.addOns, moment, context, 'on_base');
      if (added.kind === 'applied') changes.push(...added.changes);
    }
    return { kind: 'applied', merchantId, changes };
  },
};

/** The merchant of a subscription that we have, plan or add-on. */
async function ownerOf(tx: Tx, stripeSubscriptionId: string): Promise<string | null> {
  const [plan] = await tx
    .select({ merchantId: subscriptions.merchantId })
    .from(subscriptions)
    .where(eq(subscriptions.stripeSubscriptionId, stripeSubscriptionId));
  if (plan) return plan.merchantId;
  const [addOn] = await tx
    .select({ merchantId: storeAddOns.merchantId })
    .from(storeAddOns)
    .where(eq(storeAddOns.stripeSubscriptionId, stripeSubscriptionId))
    .limit(1);
  return addOn?.merchantId ?? null;
}

type BaseWrite = {
  merchantId: string;
  row: MirroredRow | undefined;
  snapshot: SubscriptionSnapshot;
  plan: PlanItem<ItemSnapshot>;
  moment: Moment;
  context: Act;
};

async function writeBase(tx: Tx, write: BaseWrite): Promise<Change[]> {
  const { merchantId, row, snapshot, plan, moment, context } = write;
  const account: Account = { merchantId, platformId: row?.platformId ?? plan.platformId };
  const status = readStatus(snapshot.status);
  const pending = await readPending(tx, snapshot);
  const dunning = await loadDunning(tx, account.platformId, snapshot, status, moment.at, row);
  const ofCustomer = await findDiscount(tx, merchantId);
  const next = nextOf(snapshot, plan, moment, { ...pending, ...dunning }, ofCustomer);
  const moneyMoved = !row || row.mrrCents !== next.mrrCents || row.currency !== next.currency;
  const before = moneyMoved ? await sumMrr(tx, account, next.currency) : 0;
  const change = await upsertMirrored(
    tx,
    { table: subscriptions, entity: 'subscription', prefix: 'sub' },
    row,
    next,
    {
      sync: { syncedAt: moment.at, syncNumber: (row?.syncNumber ?? 0) + 1, updatedAt: new Date() },
      fresh: () => ({ ...account, stripeSubscriptionId: snapshot.id }),
    },
  );
  if (!change) return [];
  await record(
    tx,
    context,
    row ? 'subscription.updated' : 'subscription.created',
    { id: change.id, ...account },
    { before: change.before, after: change.after },
  );
  if (moneyMoved) await recordMovement(tx, account, next.currency, before, moment.at);
  const matters = !row || row.status !== status || row.tierId !== plan.tierId || touchesMonth(row, next);
  if (matters)
    await refreshAccount(
      tx,
      account,
      { anchorAt: snapshot.anchorAt, stripeSubscriptionId: snapshot.id },
      context,
    );
  return [change];
}
