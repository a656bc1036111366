import { eq } from 'drizzle-orm';
import type { Tx } from '@/db/client';
import { type Change, storeAddOns, subscriptionStatuses, subscriptions, tierPrices } from '@/db/schema';
import { refreshAccount } from '@/lib/billing/account/current';
import { computeMrr, recordMovement, sumMrr } from '@/lib/billing/account/revenue';
import type { Account } from '@/lib/billing/accounts';
import { type Act, record } from '@/lib/billing/audit';
import { expand } from '@/lib/stripe/expansions';
import type { InvoiceSnapshot } from '@/lib/stripe/invoice-snapshot';
import {
  type ItemSnapshot,
  readSubscription,
  type SubscriptionSnapshot,
} from '@/lib/stripe/subscription-snapshot';
import { addOnSyncNumber, syncAddOnItems } from './add-on';
import { loadDunning } from './dunning';
import { type PlanItem, recogniseItems } from './items';
import {
  lockCustomer,
  type Mirror,
  type Moment,
  mayApply,
  momentOf,
  Unrecognised,
  upsertMirrored,
} from './mirror';

type Row = typeof subscriptions.$inferSelect;
type Status = (typeof subscriptionStatuses)[number];

/** Ended for good: no later word revives it (stripe.md 16, 21). */
export const FINAL: Status[] = ['canceled', 'incomplete_expired'];

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
  row: Row | undefined;
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
  const next = nextOf(snapshot, plan, moment, { ...pending, ...dunning });
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

/** The columns that a snapshot says of its row. `waiting`: what other rows say, the pending change and the dunning. Pure. */
export function nextOf<Waiting extends object>(
  snapshot: SubscriptionSnapshot,
  plan: PlanItem<ItemSnapshot>,
  moment: Moment,
  waiting: Waiting,
) {
  const status = readStatus(snapshot.status);
  return {
    tierId: plan.tierId,
    status,
    stripeScheduleId: snapshot.scheduleId,
    interval: plan.item.interval,
    currency: snapshot.currency,
    unitAmount: plan.item.unitAmount,
    mrrCents: computeMrr(status, snapshot.items, snapshot.discounts, snapshot.currency, moment.at),
    startedAt: snapshot.startedAt,
    currentPeriodStart: plan.item.periodStart,
    currentPeriodEnd: plan.item.periodEnd,
    trialEnd: snapshot.trialEnd,
    cancelAt: snapshot.cancelAt,
    cancelAtPeriodEnd: snapshot.cancelAtPeriodEnd,
    cancelReason: snapshot.cancelReason,
    canceledAt: snapshot.canceledAt,
    endedAt: snapshot.endedAt ?? (FINAL.includes(status) ? moment.at : null),
    pausedCollection: snapshot.pausedCollection,
    discounts: snapshot.discounts.length > 0 ? snapshot.discounts : null,
    ...waiting,
  };
}

const touchesMonth = (row: Row, next: Pick<Row, 'currentPeriodStart' | 'interval' | 'trialEnd'>) =>
  row.currentPeriodStart?.getTime() !== next.currentPeriodStart?.getTime() ||
  row.interval !== next.interval ||
  row.trialEnd?.getTime() !== next.trialEnd?.getTime();

function readStatus(status: string): Status {
  const known = subscriptionStatuses.find((one) => one === status && one !== 'expired');
  if (!known) throw new Unrecognised('unknown_status', { status });
  return known;
}

/** The change that waits: a schedule's next phase, or an upgrade whose payment is open (stripe.md 41). */
async function readPending(tx: Tx, snapshot: SubscriptionSnapshot) {
  const next = snapshot.nextPhase;
  const none = { pendingTierId: null, pendingInterval: null, pendingAt: null, pendingUnitAmount: null };
  const payment = {
    pendingPaymentUrl: snapshot.pendingUntil ? payableAt(snapshot.latestInvoice) : null,
    pendingPaymentUntil: snapshot.pendingUntil,
  };
  if (!next) return { ...none, ...payment };
  const { plans } = await recogniseItems(tx, next.prices);
  const plan = plans[0];
  const current = snapshot.items.some((item) => item.priceId === plan?.item.priceId);
  if (!plan || current) return { ...none, ...payment };
  const listed = await findListed(tx, plan.item.priceId);
  return {
    pendingTierId: plan.tierId,
    pendingInterval: listed?.interval ?? plan.item.interval ?? 'month',
    pendingAt: next.at,
    pendingUnitAmount: listed ? null : plan.item.unitAmount,
    ...payment,
  };
}

const payableAt = (invoice: InvoiceSnapshot | null) =>
  invoice?.status === 'open' ? invoice.hostedInvoiceUrl : null;

/** The price as the catalogue has or had it; null for one that was agreed with one merchant. */
async function findListed(tx: Tx, priceId: string): Promise<{ interval: 'month' | 'year' } | null> {
  const [price] = await tx
    .select({ interval: tierPrices.interval })
    .from(tierPrices)
    .where(eq(tierPrices.stripePriceId, priceId));
  return price ?? null;
}
