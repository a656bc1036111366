import { createHash } from 'node:crypto';
import { and, inArray, isNull, sql } from 'drizzle-orm';
import type Stripe from 'stripe';
import type { Db } from '@/db/client';
import { stripeDifferences } from '@/db/schema';
import { type Actor, entry, recordAll } from '@/lib/billing/audit';
import { refusal } from '@/lib/errors';
import { planWork } from './push-plan';
import type { PushStep, Work } from './push-steps';

/** 409: the catalogue or Stripe changed since the plan was looked at. */
export const PushPlanChanged = refusal('conflict', 'push_plan_changed');

/** 409: another push is under way. */
export const PushUnderWay = refusal('conflict', 'push_under_way');

/**
 * What pushing the catalogue to Stripe would change, without changing anything. Empty = Stripe has it all.
 * @throws StripeUnavailable
 */
export async function planPush(db: Db, stripe: Stripe): Promise<PushStep[]> {
  return (await planWork({ db, stripe, now: new Date() })).work.map(toStep);
}

/** A name for exactly this plan: given back to `applyPush`, nothing else is done than what was looked at. */
export const nameOfPlan = (steps: PushStep[]): string =>
  createHash('sha256').update(JSON.stringify(steps)).digest('hex').slice(0, 32);

/**
 * Brings Stripe's products and prices to our catalogue, by lookup key `platform:code:interval:currency` (stripe.md 46).
 * A price cannot be changed at Stripe: a new one takes the key over and the old is archived, still served to those who
 * have it. What we no longer sell is archived; what was deleted, with its prices. Idempotent: a push that died in between
 * is finished by the next. Each step has its audit row; noted drift is settled by it.
 * @throws PushPlanChanged when `plan` names another one than there is now, PushUnderWay, StripeUnavailable
 */
export async function applyPush(
  db: Db,
  stripe: Stripe,
  actor: Actor,
  now: Date,
  plan?: string,
): Promise<PushStep[]> {
  // A plan made between the steps of another push would make things twice. The lock goes with its connection: a push that
  // dies leaves none behind.
  return db.transaction(async (lock) => {
    const [got] = await lock.execute<{ got: boolean }>(
      sql`select pg_try_advisory_xact_lock(hashtextextended('stripe push', 0)) as got`,
    );
    if (!got?.got) throw new PushUnderWay();
    return push(db, stripe, actor, now, plan);
  });
}

async function push(
  db: Db,
  stripe: Stripe,
  actor: Actor,
  now: Date,
  plan: string | undefined,
): Promise<PushStep[]> {
  const { work, note } = await planWork({ db, stripe, now });
  const steps = work.map(toStep);
  if (plan !== undefined && plan !== nameOfPlan(steps)) throw new PushPlanChanged();
  await note();
  for (const one of work) {
    await one.run();
    const { entity, entityId: id, platformId, code, platform, detail } = one;
    const line = entry(`stripe.${one.action}`, { id, platformId }, { after: { code, platform, detail } });
    await db.transaction((tx) => recordAll(tx, { actor, now }, [{ ...line, entity }]));
  }
  await db
    .update(stripeDifferences)
    .set({ resolvedAt: now, resolution: 'repaired', resolvedBy: `${actor.kind}:${actor.id}` })
    .where(
      and(
        isNull(stripeDifferences.resolvedAt),
        inArray(stripeDifferences.kind, ['price_drift', 'product_drift']),
      ),
    );
  return steps;
}

const toStep = ({ action, entity, code, platform, detail, price }: Work): PushStep => ({
  action,
  entity,
  code,
  platform,
  detail,
  ...(price ? { price } : {}),
});
