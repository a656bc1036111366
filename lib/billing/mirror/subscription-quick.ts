import { type SQL, sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { newId } from '@/db/ids';
import { columnName } from '@/db/rows';
import {
  auditLog,
  type Change,
  customers,
  storeAddOns,
  subscriptions,
  tierPrices,
  tiers,
  webhookEvents,
} from '@/db/schema';
import { type Act, changedFields } from '@/lib/billing/audit';
import type { SubscriptionSnapshot } from '@/lib/stripe/subscription-snapshot';
import { NOT_BEHIND } from './dunning';
import { type Moment, mayApply } from './mirror';
import { FINAL, nextOf } from './subscription-next';

/** An event as the inbox keeps it, but for what became of it. */
export type EventRow = {
  id: string;
  type: string;
  objectId: string | null;
  stripeCustomerId: string | null;
  apiVersion: string | null;
  payload: Record<string, unknown>;
  createdAt: Date;
};

/** What also changes other rows: revenue, the account, the month. Such a change takes the long way, under the lock. */
const FAR_REACHING = [
  'status',
  'tierId',
  'currency',
  'mrrCents',
  'interval',
  'currentPeriodStart',
  'trialEnd',
];

/**
 * The short way of the commonest event: a plan that we have, in good standing, of which only its own columns change. Row,
 * audit and event are written by one statement that holds only if nobody wrote the row since it was read (its sync
 * number), so that it needs no lock. False = not that simple, nothing was written.
 */
export async function updateQuickly(
  db: Db,
  snapshot: SubscriptionSnapshot,
  moment: Moment,
  context: Act,
  event: EventRow,
): Promise<boolean> {
  const simple =
    snapshot.isWhole && !snapshot.pendingUntil && !snapshot.nextPhase && snapshot.items.length === 1;
  const [item] = snapshot.items;
  if (!simple || !item || (snapshot.status !== 'active' && snapshot.status !== 'trialing')) return false;
  const [known] = await db
    .select({
      row: subscriptions,
      ofCustomer: customers.discount,
      tierId: sql<string | null>`(
        select ${tiers.id} from ${tierPrices} join ${tiers} on ${tiers.id} = ${tierPrices.tierId}
        where ${tierPrices.stripePriceId} = ${item.priceId})`,
      hasAddOns: sql<boolean>`exists (
        select 1 from ${storeAddOns} where ${storeAddOns.stripeSubscriptionId} = ${snapshot.id})`,
    })
    .from(subscriptions)
    .innerJoin(customers, sql`${customers.merchantId} = ${subscriptions.merchantId}`)
    .where(
      sql`${subscriptions.stripeSubscriptionId} = ${snapshot.id} and ${customers.stripeCustomerId} = ${snapshot.customerId}`,
    );
  if (!known?.tierId || known.hasAddOns) return false;
  const { row, tierId, ofCustomer } = known;
  if (FINAL.includes(row.status) || !mayApply(row, moment)) return false;
  const none = { pendingTierId: null, pendingInterval: null, pendingAt: null, pendingUnitAmount: null };
  const paid = { pendingPaymentUrl: null, pendingPaymentUntil: null };
  const next = nextOf(
    snapshot,
    { tierId, platformId: row.platformId, item },
    moment,
    {
      ...none,
      ...paid,
      ...NOT_BEHIND,
    },
    ofCustomer,
  );
  const changed = changedFields(row as Partial<typeof next>, next);
  if (Object.keys(changed?.after ?? {}).some((key) => FAR_REACHING.includes(key))) return false;
  const change: Change | null = changed && {
    entity: 'subscription',
    id: row.id,
    before: changed.before,
    after: changed.after,
  };
  return write(db, row, changed?.after ?? {}, change, moment, context, event);
}

type Row = typeof subscriptions.$inferSelect;

async function write(
  db: Db,
  row: Row,
  after: Partial<Row>,
  change: Change | null,
  moment: Moment,
  { actor, now }: Act,
  event: EventRow,
): Promise<boolean> {
  const at = (date: Date): SQL => sql`${date.toISOString()}::timestamptz`;
  const json = (value: unknown): SQL => sql`${JSON.stringify(value)}::jsonb`;
  const sets = Object.entries({ ...after, syncedAt: moment.at, updatedAt: new Date() }).map(
    ([key, value]) => {
      const column = subscriptions[key as keyof Row];
      return sql`${sql.identifier(columnName(key))} = ${value === null ? sql`null` : sql.param(value, column)}`;
    },
  );
  const told = change
    ? sql`, told as (
        insert into ${auditLog} (id, actor_kind, actor_id, at, action, entity, entity_id, merchant_id, platform_id, before, after)
        select ${newId('aud')}, ${actor.kind}, ${actor.id}, ${at(now)}, 'subscription.updated', 'subscription', ${row.id},
          ${row.merchantId}, ${row.platformId}, ${json(change.before)}, ${json(change.after)} from moved)`
    : sql``;
  try {
    const written = await db.execute(sql`
      with moved as (
        update ${subscriptions} set ${sql.join(sets, sql`, `)}, sync_number = sync_number + 1
        where id = ${row.id} and sync_number = ${row.syncNumber} returning id)${told}
      insert into ${webhookEvents} (id, type, status, attempts, object_id, stripe_customer_id, merchant_id, api_version,
        payload, changes, created_at, processed_at)
      select ${event.id}, ${event.type}, 'processed', 1, ${event.objectId}, ${event.stripeCustomerId}, ${row.merchantId},
        ${event.apiVersion}, ${json(event.payload)}, ${json(change ? [change] : [])}, ${at(event.createdAt)}, now()
      from moved returning id`);
    return written.length === 1;
  } catch (error) {
    // The event is here already: the long way knows what to do with a duplicate.
    if (isDuplicate(error)) return false;
    throw error;
  }
}

const isDuplicate = (error: unknown): boolean =>
  error instanceof Error &&
  (('code' in error && error.code === '23505') || (error.cause !== undefined && isDuplicate(error.cause)));
