import type Stripe from 'stripe';
import type { Db } from '@/db/client';
import { invalid } from '@/lib/errors';
import { monthly } from '@/lib/money';
import { callStripe } from '@/lib/stripe/client';
import { type ItemSnapshot, readSubscription } from '@/lib/stripe/subscription-snapshot';
import type { Account } from './accounts';
import type { Actor } from './audit';
import { type AtStripe, getLiveSubscription } from './cancellation';
import {
  NoActiveSubscription,
  StripePriceNotConfigured,
  TierNotFound,
  TierNotPushed,
  TierNotSelfService,
} from './errors';
import { placeItems } from './sync/places';
import { findPrice, findTierById, getTier, type PriceRow, type Tier } from './tiers';

export type ChangeKind = 'upgrade' | 'downgrade' | 'interval' | 'none';

export type TierChangePlan = {
  kind: ChangeKind;
  /** Now, or the end of what is paid. */
  when: 'now' | 'period_end';
  effectiveAt: Date;
};

/**
 * What a change is and when it takes effect. Dearer per month = upgrade, at once; cheaper = downgrade, at the period's
 * end; the same tier monthly → annual at once, annual → monthly at the period's end. During Stripe's trial nothing is
 * paid yet, so everything is at once. Pure.
 */
export function planChange(
  current: {
    tierId: string;
    interval: 'month' | 'year';
    /** What the tier costs per month when paid monthly: a year's rebate must not make a dearer tier look cheaper. */
    monthlyAmount: number;
    status: string;
    currentPeriodEnd: Date | null;
  },
  target: {
    tierId: string;
    interval: 'month' | 'year';
    monthlyAmount: number;
    /** The same tier and interval at another price: agreed anew with one merchant. */
    isRepriced?: boolean;
  },
  now: Date,
): TierChangePlan {
  const sameTier = current.tierId === target.tierId;
  const sameInterval = current.interval === target.interval;
  if (sameTier && sameInterval && !target.isRepriced) return { kind: 'none', when: 'now', effectiveAt: now };
  const dearer = target.monthlyAmount > current.monthlyAmount ? 'upgrade' : 'downgrade';
  const kind = sameTier && !sameInterval ? 'interval' : dearer;
  const longer = kind === 'interval' && target.interval === 'year';
  const atOnce = current.status === 'trialing' || kind === 'upgrade' || longer;
  if (atOnce || !current.currentPeriodEnd) return { kind, when: 'now', effectiveAt: now };
  return { kind, when: 'period_end', effectiveAt: current.currentPeriodEnd };
}

export type ChangeRequest = {
  account: Account;
  tierCode: string;
  interval: 'month' | 'year';
  /**
   * An admin asks: also for a tier that is not self-service. `unitAmount` is the price agreed with this merchant, per
   * interval in the subscription's currency; for such a tier, or one that has no price of its own.
   */
  byAdmin?: { unitAmount?: number };
  /** Why, for the audit trail. */
  reason?: string;
  actor: Actor;
  now: Date;
};

/**
 * Reads who changes and to what, and decides price, kind and moment. Writes nothing.
 * @throws NoActiveSubscription, TierNotFound, TierNotSelfService, StripePriceNotConfigured, TierNotPushed, ValidationFailed
 */
export async function decideChange(db: Db, request: Omit<ChangeRequest, 'actor'>) {
  const { byAdmin, interval, now } = request;
  const target = await getTier(db, request.account.platformId, request.tierCode);
  if (!target.isActive) throw new TierNotFound(target.code);
  if (!target.isSelfService && !byAdmin) throw new TierNotSelfService(target.code);
  const live = await getLiveSubscription(db, request.account);
  // A private plan is for those who have it; an admin may give it to anybody.
  if (!target.isPublic && !byAdmin && live.tierId !== target.id) throw new TierNotFound(target.code);
  const price = choosePrice(target, live.currency, interval, byAdmin);
  if (live.status === 'paused') throw new NoActiveSubscription();
  const held = await findTierById(db, live.tierId);
  const plan = planChange(
    { ...live, monthlyAmount: heldMonthlyAmount(held, live) },
    {
      tierId: target.id,
      interval,
      monthlyAmount: price.stripePriceId
        ? monthlyAmount(target, live.currency)
        : monthly(price.unitAmount, interval),
      isRepriced: price.stripePriceId === null && price.unitAmount !== live.unitAmount,
    },
    now,
  );
  return { live, target, price, plan };
}

/** A price of the catalogue, or (without `stripePriceId`) one agreed with this merchant, of the tier's product. */
export type ChosenPrice = Pick<PriceRow, 'unitAmount' | 'currency' | 'interval'> & {
  stripePriceId: string | null;
  productId: string | null;
};

/** What the target costs: an admin's agreed price where the tier has none of its own or is sold by agreement, else its own. */
function choosePrice(
  tier: Tier,
  currency: string,
  interval: 'month' | 'year',
  byAdmin: ChangeRequest['byAdmin'],
): ChosenPrice {
  const found = findPrice(tier, currency, interval);
  const agreed = byAdmin?.unitAmount;
  const shared = { currency, interval, productId: tier.stripeProductId };
  if (agreed !== undefined) {
    if (found && tier.isSelfService) {
      throw invalid('unit_amount', 'has_own_price', 'cannot be set: the tier has a price of its own');
    }
    if (!tier.stripeProductId) throw new TierNotPushed(tier.code);
    return { ...shared, unitAmount: agreed, stripePriceId: null };
  }
  if (found?.stripePriceId) {
    return { ...shared, unitAmount: found.unitAmount, stripePriceId: found.stripePriceId };
  }
  if (byAdmin && !found) {
    throw invalid('unit_amount', 'no_own_price', 'is needed: the tier has no price of its own');
  }
  throw new StripePriceNotConfigured({ tier_code: tier.code, interval, currency });
}

/** The price as an item, a preview or a schedule's phase names it. */
export function toStripe(price: ChosenPrice) {
  if (price.stripePriceId) return { price: price.stripePriceId };
  return {
    price_data: {
      currency: price.currency.toLowerCase(),
      product: price.productId ?? '',
      unit_amount: price.unitAmount,
      tax_behavior: 'exclusive' as const,
      recurring: { interval: price.interval },
    },
  };
}

/** What is paid per month for the plan held: its own price or, where it has none, the one agreed. */
export function heldMonthlyAmount(
  held: Tier | null,
  live: Pick<AtStripe, 'currency' | 'unitAmount' | 'interval'>,
): number {
  const own = held ? monthlyAmount(held, live.currency) : Number.POSITIVE_INFINITY;
  return held?.isSelfService && Number.isFinite(own) ? own : monthly(live.unitAmount, live.interval);
}

/** What a tier costs per month; sold only by the year: a twelfth of that. */
export function monthlyAmount(tier: Tier, currency: string): number {
  const month = findPrice(tier, currency, 'month');
  if (month) return month.unitAmount;
  const year = findPrice(tier, currency, 'year');
  return year ? monthly(year.unitAmount, 'year') : Number.POSITIVE_INFINITY;
}

/** The plan's item: the one whose price is a tier's; it need not be the first (stripe.md 13). */
export async function findPlanItem(
  db: Db,
  stripe: Stripe,
  live: AtStripe,
): Promise<{ item: ItemSnapshot; raw: Stripe.Subscription }> {
  const raw = await callStripe(() => stripe.subscriptions.retrieve(live.stripeSubscriptionId));
  const { plans } = await placeItems(db, readSubscription(raw).items);
  if (!plans[0]) throw new NoActiveSubscription();
  return { item: plans[0].item, raw };
}
