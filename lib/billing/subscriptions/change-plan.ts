import type Stripe from 'stripe';
import type { Db } from '@/db/client';
import type { Account } from '@/lib/billing/accounts';
import type { Actor } from '@/lib/billing/audit';
import {
  NoActiveSubscription,
  PayFirst,
  StripePriceNotConfigured,
  TierNotFound,
  TierNotPushed,
  TierNotSelfService,
} from '@/lib/billing/errors';
import { recogniseItems } from '@/lib/billing/mirror/items';
import { FINAL } from '@/lib/billing/mirror/subscription-next';
import { heldMonthlyAmount, monthlyAmount, planChange } from '@/lib/billing/plans/compare';
import { findPrice, findTierById, getTier, type Tier } from '@/lib/billing/plans/tiers';
import { invalid } from '@/lib/errors';
import { monthly } from '@/lib/money';
import { callStripe } from '@/lib/stripe/client';
import { expand } from '@/lib/stripe/expansions';
import type { ChangeNow, WantedPrice } from '@/lib/stripe/parameters';
import { type ItemSnapshot, readSubscription } from '@/lib/stripe/subscription-snapshot';
import { type AtStripe, getLiveSubscription } from './cancellation';

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

const UNPAID = ['past_due', 'unpaid'];

/**
 * Reads who changes and to what, and decides price, kind and moment. Writes nothing.
 * @throws NoActiveSubscription, TierNotFound, TierNotSelfService, StripePriceNotConfigured, TierNotPushed, PayFirst,
 *   ValidationFailed
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
  // It would open a dearer plan past an invoice that nobody paid.
  if (plan.when === 'now' && plan.kind !== 'none' && UNPAID.includes(live.status)) throw new PayFirst();
  return { live, target, price, plan };
}

/** What the target costs: an admin's agreed price where the tier has none of its own or is sold by agreement, else its own. */
function choosePrice(
  tier: Tier,
  currency: string,
  interval: 'month' | 'year',
  byAdmin: ChangeRequest['byAdmin'],
): WantedPrice {
  const found = findPrice(tier, currency, interval);
  const agreed = byAdmin?.unitAmount;
  const shared = { currency, interval, productId: tier.stripeProductId };
  if (agreed !== undefined) {
    if (found && tier.isSelfService) {
      throw invalid('unitAmount', 'has_own_price', 'cannot be set: the tier has a price of its own');
    }
    if (!tier.stripeProductId) throw new TierNotPushed(tier.code);
    return { ...shared, unitAmount: agreed, stripePriceId: null };
  }
  if (found?.stripePriceId) {
    return { ...shared, unitAmount: found.unitAmount, stripePriceId: found.stripePriceId };
  }
  if (byAdmin && !found) {
    throw invalid('unitAmount', 'no_own_price', 'is needed: the tier has no price of its own');
  }
  throw new StripePriceNotConfigured({ tierCode: tier.code, interval, currency });
}

/** The plan's subscription as Stripe has it, and its item: the one whose price is a tier's, not always the first (stripe.md 13). */
export type Held = { item: ItemSnapshot; raw: Stripe.Subscription };

/**
 * Reads it, with how it is paid and what is taken off. @throws NoActiveSubscription when it has ended there meanwhile
 */
export async function findPlanItem(db: Db, stripe: Stripe, live: AtStripe): Promise<Held> {
  const raw = await callStripe(() =>
    stripe.subscriptions.retrieve(live.stripeSubscriptionId, { expand: expand('change') }),
  );
  if (FINAL.some((status) => status === raw.status)) throw new NoActiveSubscription();
  const { plans } = await recogniseItems(db, readSubscription(raw).items);
  if (!plans[0]) throw new NoActiveSubscription();
  return { item: plans[0].item, raw };
}

/** The change as Stripe is told it, in a preview and for good. Pure. */
export const toChange = (
  { item }: Held,
  live: AtStripe,
  price: WantedPrice,
  prorationDate: number | undefined,
): ChangeNow => ({
  item,
  price,
  isTrialing: live.status === 'trialing',
  restarts: live.interval !== price.interval,
  prorationDate,
});
