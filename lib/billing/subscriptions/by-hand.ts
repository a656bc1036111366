import { eq, sql } from 'drizzle-orm';
import type Stripe from 'stripe';
import { z } from 'zod';
import type { Db, Tx } from '@/db/client';
import { newId } from '@/db/ids';
import { billingAccounts, customers, platforms, type subscriptionStatuses, subscriptions } from '@/db/schema';
import { askToEndAddOns, grantMonth, makeCurrent } from '@/lib/billing/account/current';
import {
  type CurrentSubscription,
  findCurrentSubscription,
  livesAtStripe,
} from '@/lib/billing/account/subscription';
import { type Account, holdAccount, ofAccount, openAccount } from '@/lib/billing/accounts';
import { type Act, record } from '@/lib/billing/audit';
import { EditConflict, ManagedByStripe } from '@/lib/billing/errors';
import { centsInput } from '@/lib/billing/plans/price-input';
import { findPrice, getTier } from '@/lib/billing/plans/tiers';
import { MAX_TRIAL_DAYS } from '@/lib/billing/statuses';
import { invalid, NotFound } from '@/lib/errors';
import { addDays } from '@/lib/time';
import { changeTier } from './change';

/** PUT merchants/{id}/platforms/{pid}: what is not named stays. */
export const subscriptionPut = z
  .strictObject({
    tierCode: z.string().min(1),
    isAnnual: z.boolean(),
    trialEnd: z.iso.datetime({ offset: true }),
    status: z.enum(['trialing', 'active', 'expired', 'canceled']),
    cancelAt: z.iso.datetime({ offset: true }).nullable().meta({
      description: 'When a plan given without Stripe ends by itself; null = it stays until it is taken back',
    }),
    unitAmount: centsInput.min(1).meta({
      description:
        'The price agreed with this merchant, per interval in the currency of its subscription at Stripe: ' +
        'for a tier that is not self-service or has no price of its own',
    }),
    reason: z.string().trim().min(1).max(500).meta({ description: 'Kept in the audit trail' }),
  })
  .partial();

export type SubscriptionPut = z.output<typeof subscriptionPut>;
/** `seen`: what was seen before the edit, see `versionOf`. */
type Context = Act & { seen?: string };

/** Names the state of a subscription that somebody saw: it changes with every write of its row. */
export function versionOf(subscription: Pick<CurrentSubscription, 'id' | 'updatedAt'> | null): string {
  return subscription ? `${subscription.id}:${subscription.updatedAt.getTime()}` : '';
}

/**
 * Sets a subscription by hand: free where Stripe has none (extend a trial, give a plan, also until a date, end it), through
 * Stripe where it does: then a tier change takes the way an owner's takes, to any active tier and at an agreed price, and a
 * status or end cannot be set. All here in one transaction with its audit row; the same again writes another audit row only.
 * @throws ManagedByStripe, TierNotFound, TierNotPushed, EditConflict, ValidationFailed, NotFound, MerchantClosed,
 *   StripeUnavailable
 */
export async function setSubscription(
  db: Db,
  findStripe: () => Stripe,
  account: Account,
  input: SubscriptionPut,
  context: Context,
): Promise<CurrentSubscription> {
  const current = await findCurrentSubscription(db, account);
  if (current && livesAtStripe(current)) {
    for (const field of ['status', 'trialEnd', 'cancelAt'] as const) {
      if (input[field] !== undefined) throw new ManagedByStripe(field);
    }
    const { tierCode, isAnnual, unitAmount, reason } = input;
    if (tierCode === undefined && isAnnual === undefined && unitAmount === undefined) return current;
    const annual = isAnnual ?? current.interval === 'year';
    const { subscription } = await changeTier(db, findStripe(), {
      account,
      tierCode: tierCode ?? current.tier.code,
      interval: annual ? 'year' : 'month',
      byAdmin: { unitAmount },
      reason,
      ...context,
    });
    return subscription;
  }
  if (input.unitAmount !== undefined) {
    throw invalid(
      'unitAmount',
      'only_at_stripe',
      'is charged through Stripe, which has no subscription here',
    );
  }
  await db.transaction((tx) => setLocally(tx, account, input, context));
  const after = await findCurrentSubscription(db, account);
  if (!after) throw new NotFound('subscription');
  return after;
}

async function setLocally(tx: Tx, account: Account, input: SubscriptionPut, context: Context): Promise<void> {
  const { now, actor } = context;
  await holdAccount(tx, account);
  // The row that the mirrors lock first: what Stripe says of this merchant waits, or has been said.
  await tx
    .select({ one: sql`1` })
    .from(customers)
    .where(eq(customers.merchantId, account.merchantId))
    .for('no key update');
  await lockAccount(tx, account, now);
  const current = await findCurrentSubscription(tx, account);
  if (current && livesAtStripe(current)) throw new ManagedByStripe('status');
  if (context.seen !== undefined && context.seen !== versionOf(current)) throw new EditConflict();
  const tier = input.tierCode ? await getTier(tx, account.platformId, input.tierCode) : null;
  const tierId = tier?.id ?? current?.tierId;
  if (!tierId) throw invalid('tierCode', 'required', 'is needed: the merchant has no subscription yet');
  const local = current?.stripeSubscriptionId === null ? current : null;
  const interval =
    input.isAnnual === undefined ? (current?.interval ?? 'month') : input.isAnnual ? 'year' : 'month';
  const [platform] = await tx.select().from(platforms).where(eq(platforms.id, account.platformId));
  const currency = local?.currency ?? platform?.defaultCurrency ?? 'EUR';
  const next = {
    tierId,
    interval,
    currency,
    unitAmount: tier ? (findPrice(tier, currency, interval)?.unitAmount ?? 0) : (local?.unitAmount ?? 0),
    ...statusOf(local, input, now),
  } as const;
  const [row] = local
    ? await tx
        .update(subscriptions)
        .set({ ...next, updatedAt: new Date() })
        .where(eq(subscriptions.id, local.id))
        .returning()
    : await tx
        .insert(subscriptions)
        .values({ id: newId('sub'), ...account, ...next, startedAt: now, currentPeriodStart: now })
        .returning();
  if (!row) throw new Error('the subscription was not written');
  await makeCurrent(tx, account, row, now);
  await grantMonth(tx, account, context);
  if (row.endedAt) await askToEndAddOns(tx, account);
  await record(
    tx,
    { actor, now },
    local ? 'subscription.set' : 'subscription.comped',
    { id: row.id, ...account },
    { before: local ? factsOf(local) : null, after: factsOf(row), reason: input.reason },
  );
}

type Local = Pick<CurrentSubscription, 'status' | 'trialEnd' | 'cancelAt' | 'endedAt'> | null;
type Status = (typeof subscriptionStatuses)[number];

/** The state that an input asks for, from the one before it. Pure. @throws ValidationFailed for an end that is past or senseless */
function statusOf(local: Local, input: SubscriptionPut, now: Date) {
  const given = input.trialEnd ? new Date(input.trialEnd) : undefined;
  const status: Status = input.status ?? (given ? 'trialing' : (local?.status ?? 'active'));
  const trialEnd = given ?? local?.trialEnd ?? null;
  if (status === 'trialing' && (trialEnd ?? now) <= now) {
    throw invalid('trialEnd', 'future', 'must lie ahead while the status is trialing');
  }
  // With more, every purchase of this merchant would be refused until little enough is left.
  if (given && given > addDays(now, MAX_TRIAL_DAYS))
    throw invalid('trialEnd', 'too_far', `may lie at most ${MAX_TRIAL_DAYS} days ahead`);
  if (input.cancelAt && status !== 'active') {
    throw invalid('cancelAt', 'only_given', 'is the end of a plan that was given: the status must be active');
  }
  const kept = local?.status === 'active' ? local.cancelAt : null;
  const asked =
    input.cancelAt === undefined ? kept : input.cancelAt === null ? null : new Date(input.cancelAt);
  const cancelAt = status === 'active' ? asked : null;
  if (cancelAt && cancelAt <= now) throw invalid('cancelAt', 'future', 'must lie ahead');
  const hasEnded = status === 'expired' || status === 'canceled';
  return {
    status,
    cancelAt,
    trialEnd: status === 'trialing' ? trialEnd : (local?.trialEnd ?? null),
    currentPeriodEnd: status === 'trialing' ? trialEnd : null,
    endedAt: hasEnded ? (status === local?.status ? local.endedAt : now) : null,
  };
}

const factsOf = (
  row: Pick<CurrentSubscription, 'tierId' | 'interval' | 'status' | 'trialEnd' | 'cancelAt'>,
) => {
  const { tierId, interval, status, trialEnd, cancelAt } = row;
  return { tierId, interval, status, trialEnd, cancelAt };
};

/** One writer at a time: where no subscription stands there is no row of it to lock. */
async function lockAccount(tx: Tx, account: Account, now: Date): Promise<void> {
  await openAccount(tx, account, now);
  await tx
    .select({ id: billingAccounts.merchantId })
    .from(billingAccounts)
    .where(ofAccount(billingAccounts, account))
    .for('update');
}
