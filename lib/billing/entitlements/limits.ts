import { type SQL, sql } from 'drizzle-orm';
import type { Tx } from '@/db/client';
import type { Account } from '@/lib/billing/accounts';
import { record } from '@/lib/billing/audit';
import { noticeLimit } from '@/lib/billing/entitlements/limit-notices';
import { isObserved } from '@/lib/billing/entitlements/observe';
import { noteMayBeOver } from '@/lib/billing/entitlements/over-limits';
import { at, monthStart } from '@/lib/billing/entitlements/standing-sql';
import { type Taken, takeUnits, type Where } from '@/lib/billing/entitlements/take-units';
import { type FeatureNotInPlan, LimitReached } from '@/lib/billing/errors';
import type { Metered } from '@/lib/billing/features';
import { checkQuantity, explainRefusal } from './room';

/**
 * Takes units of a feature in the caller's transaction, or refuses. One statement: it resolves the limit and moves the
 * counter under the counter row's own lock, so under any concurrency exactly `limit` succeed, other merchants do not wait,
 * and a rollback gives the units back. Unlimited counts too. A transaction that takes several features takes them in the
 * same order everywhere, or two may wait for each other.
 * @throws FeatureNotInPlan, LimitReached (402), ValidationFailed on `quantity`, NotFound for a merchant or platform
 */
export async function consume(
  tx: Tx,
  account: Account,
  feature: Metered,
  quantity: number,
  where: Where,
): Promise<Taken> {
  checkQuantity(quantity);
  // A second try: room may have been made between the statement and the look at why it refused.
  for (let tries = 0; ; tries++) {
    const taken = await takeUnits(tx, account, feature, quantity, where);
    if (taken) {
      await noticeLimit(tx, account, feature, { ...taken, quantity, now: where.now });
      return taken;
    }
    const refusal = await explainRefusal(tx, account, feature, quantity, where.now, tries > 0);
    if (refusal && !(await isObserved(tx, account.platformId, feature.code))) throw refusal;
    if (refusal) return takeObserved(tx, account, feature, quantity, where, refusal);
  }
}

/**
 * `consume`, sent together with the write that uses the units: one wait for the database instead of two, and the counter's
 * lock is held that much shorter. Both have ended when this answers; a refusal throws, and the caller's rollback takes the
 * write back. `write` must be a statement that waits to be awaited (drizzle's are), so that it goes out second: the counter
 * is locked first, everywhere.
 * @throws what `consume` throws, then what the write throws
 */
export async function consumeWith<T>(
  tx: Tx,
  account: Account,
  feature: Metered,
  quantity: number,
  where: Where,
  write: PromiseLike<T>,
): Promise<T> {
  const taking = consume(tx, account, feature, quantity, where);
  const [taken, written] = await Promise.allSettled([taking, write]);
  if (taken.status === 'rejected') throw taken.reason;
  if (written.status === 'rejected') throw written.reason;
  return written.value;
}

/** Takes what would have been refused, and records that. */
async function takeObserved(
  tx: Tx,
  account: Account,
  feature: Metered,
  quantity: number,
  where: Where,
  refusal: FeatureNotInPlan | LimitReached,
): Promise<Taken> {
  const taken = await takeUnits(tx, account, feature, quantity, where, true);
  if (!taken) throw refusal;
  await noteMayBeOver(tx, account);
  const { limit, current, requested } = refusal.facts;
  await record(
    tx,
    { actor: { kind: 'system', id: 'observe' }, now: where.now },
    'limit.would_have_refused',
    { id: feature.code, ...account },
    { after: { code: refusal.code, limit, current, requested, storeId: where.storeId ?? null } },
  );
  return taken;
}

/**
 * Takes as many of `wanted` units as there is room for, perhaps none. `refusal` says why not all of them.
 * @throws FeatureNotInPlan, ValidationFailed on `quantity`, NotFound
 */
export async function consumeUpTo(
  tx: Tx,
  account: Account,
  feature: Metered,
  wanted: number,
  where: Where,
): Promise<{ taken: number; refusal: LimitReached | null }> {
  let quantity = wanted;
  let refusal: LimitReached | null = null;
  while (quantity > 0) {
    try {
      await consume(tx, account, feature, quantity, where);
      return { taken: quantity, refusal };
    } catch (error) {
      if (!(error instanceof LimitReached)) throw error;
      refusal ??= error;
      // Others may take meanwhile, so what there was room for is only the next try: it gets smaller each time.
      const { limit, current } = error.facts;
      quantity = Math.min(quantity - 1, Math.max(0, (limit ?? 0) - current));
    }
  }
  return { taken: 0, refusal };
}

/**
 * Gives units back in the caller's transaction: of the running month for a flow. The counter never goes below zero.
 * Answers what is left in use.
 */
export async function release(
  tx: Tx,
  account: Account,
  feature: Metered,
  quantity: number,
  where: Where,
): Promise<{ used: number }> {
  checkQuantity(quantity);
  const store = where.storeId ?? '';
  const [row] = await tx.execute<{ used: string }>(sql`
    update usage_counters c
    set used = greatest(c.used - ${quantity}::bigint, 0),
      by_store = case when coalesce((c.by_store ->> ${store}::text)::bigint, 0) > ${quantity}::bigint
        then c.by_store || jsonb_build_object(${store}::text, (c.by_store ->> ${store}::text)::bigint - ${quantity}::bigint)
        else c.by_store - ${store}::text end
    where c.merchant_id = ${account.merchantId} and c.platform_id = ${account.platformId}
      and c.feature_code = ${feature.code} and c.period_start = ${periodStart(account, feature, where.now)}
    returning c.used`);
  return { used: Number(row?.used ?? 0) };
}

/** The period of the counter row of a feature, as a value in SQL. */
export function periodStart(account: Account, feature: Pick<Metered, 'kind'>, now: Date): SQL {
  if (feature.kind === 'stock') return sql`'epoch'::timestamptz`;
  return sql`(select ${monthStart(at(now))} from (select 1) as one
    left join billing_accounts b on b.merchant_id = ${account.merchantId} and b.platform_id = ${account.platformId})`;
}
