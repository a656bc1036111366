import { and, eq, isNotNull, isNull } from 'drizzle-orm';
import type Stripe from 'stripe';
import { z } from 'zod';
import type { Db, Tx } from '@/db/client';
import { newId } from '@/db/ids';
import { customers, memberships, merchants, platforms, storeAddOns, subscriptions, users } from '@/db/schema';
import { DomainError, invalid, NotFound } from '@/lib/errors';
import { callStripe, isMissing } from '@/lib/stripe/client';
import { type Account, openAccount } from './accounts';
import { type Actor, recordAudit } from './audit';
import { ManagedByStripe, TierNotFound } from './errors';
import { type CurrentSubscription, findCurrentSubscription, livesAtStripe } from './subscriptions';
import { grantMonth, makeCurrent } from './sync/current';
import { settle } from './sync/settle';
import { subscriptionMirror } from './sync/subscription';
import { changeTier } from './tier-change';
import { findPrice, getTier } from './tiers';

/** PUT merchants/{id}/platforms/{pid}: what is not named stays. */
export const subscriptionPut = z
  .strictObject({
    tier_code: z.string().min(1),
    is_annual: z.boolean(),
    trial_end: z.iso.datetime({ offset: true }),
    status: z.enum(['trialing', 'active', 'expired', 'canceled']),
    reason: z.string().trim().min(1).max(500),
  })
  .partial();

export type SubscriptionPut = z.output<typeof subscriptionPut>;
type Context = { actor: Actor; now: Date };

/**
 * Sets a subscription by hand: free where Stripe has none (extend a trial, comp a plan, end it), through Stripe where it
 * does: then a tier change takes the way an owner's takes, and a status or trial end cannot be set.
 * @throws ManagedByStripe, TierNotFound, ValidationFailed, NotFound, StripeUnavailable
 */
export async function setSubscription(
  db: Db,
  findStripe: () => Stripe,
  account: Account,
  input: SubscriptionPut,
  context: Context,
): Promise<CurrentSubscription> {
  const current = await findCurrentSubscription(db, account);
  if (livesAtStripe(current)) {
    if (input.status !== undefined) throw new ManagedByStripe('status');
    if (input.trial_end !== undefined) throw new ManagedByStripe('trial_end');
    if (current && (input.tier_code !== undefined || input.is_annual !== undefined)) {
      const annual = input.is_annual ?? current.interval === 'year';
      const { subscription } = await changeTier(db, findStripe(), {
        account,
        tierCode: input.tier_code ?? current.tier.code,
        interval: annual ? 'year' : 'month',
        ...context,
      });
      return subscription;
    }
    if (current) return current;
  }
  await setLocally(db, account, input, context);
  const after = await findCurrentSubscription(db, account);
  if (!after) throw new NotFound('subscription');
  return after;
}

async function setLocally(db: Db, account: Account, input: SubscriptionPut, context: Context): Promise<void> {
  const { now } = context;
  const trialEnd = input.trial_end ? new Date(input.trial_end) : undefined;
  await db.transaction(async (tx) => {
    await openAccount(tx, account, now);
    const current = await findCurrentSubscription(tx, account);
    const tier = input.tier_code ? await getTier(tx, account.platformId, input.tier_code) : null;
    if (!tier && !current)
      throw invalid('tier_code', 'required', 'is needed: the merchant has no subscription yet');
    const tierId = tier?.id ?? current?.tierId ?? '';
    const interval =
      input.is_annual === undefined ? (current?.interval ?? 'month') : input.is_annual ? 'year' : 'month';
    const local = current && current.stripeSubscriptionId === null ? current : null;
    const status = input.status ?? (trialEnd ? 'trialing' : (local?.status ?? 'active'));
    if (status === 'trialing' && (trialEnd ?? local?.trialEnd ?? now) <= now) {
      throw invalid('trial_end', 'future', 'must lie ahead while the status is trialing');
    }
    const [platform] = await tx.select().from(platforms).where(eq(platforms.id, account.platformId));
    const currency = local?.currency ?? platform?.defaultCurrency ?? 'EUR';
    const ended = status === 'expired' || status === 'canceled';
    const end = status === 'trialing' ? (trialEnd ?? local?.trialEnd ?? null) : (trialEnd ?? null);
    const next = {
      tierId,
      interval: interval as 'month' | 'year',
      status,
      currency,
      unitAmount: tier
        ? (findPrice(tier, currency, interval as 'month' | 'year')?.unitAmount ?? 0)
        : (local?.unitAmount ?? 0),
      trialEnd: status === 'trialing' ? end : (local?.trialEnd ?? null),
      currentPeriodEnd: status === 'trialing' ? end : null,
      endedAt: ended ? now : null,
    };
    const row = local
      ? (
          await tx
            .update(subscriptions)
            .set({ ...next, updatedAt: new Date() })
            .where(eq(subscriptions.id, local.id))
            .returning()
        )[0]
      : (
          await tx
            .insert(subscriptions)
            .values({ id: newId('sub'), ...account, ...next, startedAt: now, currentPeriodStart: now })
            .returning()
        )[0];
    if (!row) throw new TierNotFound(input.tier_code ?? '');
    await makeCurrent(tx, account, row, now);
    await grantMonth(tx, account, context);
    await recordAudit(tx, context.actor, now, {
      action: local ? 'subscription.set' : 'subscription.comped',
      entity: 'subscription',
      entityId: row.id,
      ...account,
      before: local ? { tierId: local.tierId, status: local.status, trialEnd: local.trialEnd } : null,
      after: { tierId, status, trialEnd: next.trialEnd },
      reason: input.reason,
    });
  });
}

/** 409: the merchant was closed before. */
export class MerchantClosed extends DomainError {
  constructor(merchantId: string) {
    super('conflict', 'merchant_closed', { merchant: merchantId });
  }
}

/**
 * Closes a merchant: its subscriptions end at Stripe at once and the customer is deleted there, then the people and the
 * personal data here are erased. Invoices and the audit trail stay: the law wants them. Safe to repeat after a failure.
 * @throws NotFound, StripeUnavailable
 */
export async function closeMerchant(
  db: Db,
  stripe: Stripe | null,
  input: { merchantId: string; reason: string } & Context,
): Promise<void> {
  const [merchant] = await db.select().from(merchants).where(eq(merchants.id, input.merchantId));
  if (!merchant) throw new NotFound('merchant', input.merchantId);
  if (merchant.closedAt) throw new MerchantClosed(input.merchantId);
  const [customer] = await db.select().from(customers).where(eq(customers.merchantId, input.merchantId));
  const id = customer?.stripeCustomerId;
  if (stripe && id && !customer.deletedAtStripe) {
    for (const subscriptionId of await listLiveAtStripe(db, input.merchantId)) {
      await callStripe(() => stripe.subscriptions.cancel(subscriptionId)).catch(orMissing);
      await settle(db, stripe, subscriptionMirror, subscriptionId, input);
    }
    await callStripe(() => stripe.customers.del(id)).catch(orMissing);
  }
  await db.transaction((tx) => erase(tx, merchant.name, input));
}

const orMissing = (error: unknown): void => {
  if (!isMissing(error)) throw error;
};

/** The subscriptions at Stripe, plans and add-ons, that have not ended. */
async function listLiveAtStripe(db: Db, merchantId: string): Promise<string[]> {
  const [plans, extras] = await Promise.all([
    db
      .select({ id: subscriptions.stripeSubscriptionId })
      .from(subscriptions)
      .where(
        and(
          eq(subscriptions.merchantId, merchantId),
          isNotNull(subscriptions.stripeSubscriptionId),
          isNull(subscriptions.endedAt),
        ),
      ),
    db
      .selectDistinct({ id: storeAddOns.stripeSubscriptionId })
      .from(storeAddOns)
      .where(and(eq(storeAddOns.merchantId, merchantId), isNull(storeAddOns.endedAt))),
  ]);
  return [...new Set([...plans, ...extras].flatMap(({ id }) => id ?? []))];
}

async function erase(
  tx: Tx,
  name: string,
  input: { merchantId: string; reason: string } & Context,
): Promise<void> {
  const { merchantId, now } = input;
  const gone = `closed+${merchantId}@invalid`;
  const people = await tx
    .select({ id: memberships.userId })
    .from(memberships)
    .where(eq(memberships.merchantId, merchantId));
  await tx
    .update(subscriptions)
    .set({ status: 'canceled', endedAt: now })
    .where(
      and(
        eq(subscriptions.merchantId, merchantId),
        isNull(subscriptions.stripeSubscriptionId),
        isNull(subscriptions.endedAt),
      ),
    );
  await tx.delete(memberships).where(eq(memberships.merchantId, merchantId));
  for (const { id } of people) {
    const [elsewhere] = await tx
      .select({ id: memberships.userId })
      .from(memberships)
      .where(eq(memberships.userId, id))
      .limit(1);
    if (elsewhere) continue;
    await tx
      .update(users)
      .set({ email: `closed+${id}@invalid`, name: 'Closed account', passwordHash: null, disabledAt: now })
      .where(eq(users.id, id));
  }
  await tx
    .update(customers)
    .set({
      name: '',
      email: '',
      line1: '',
      line2: '',
      postalCode: '',
      city: '',
      state: '',
      vatNumber: null,
      vatProof: null,
      cardBrand: null,
      cardLast4: null,
      deletedAtStripe: now,
    })
    .where(eq(customers.merchantId, merchantId));
  await tx
    .update(merchants)
    .set({ name: 'Closed merchant', email: gone, closedAt: now })
    .where(eq(merchants.id, merchantId));
  await recordAudit(tx, input.actor, now, {
    action: 'merchant.closed',
    entity: 'merchant',
    entityId: merchantId,
    merchantId,
    before: { people: people.length, name: name.length > 0 },
    after: { closed: true },
    reason: input.reason,
  });
}
