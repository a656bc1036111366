import type Stripe from 'stripe';
import type { Db } from '@/db/client';
import { findCurrentSubscription, isLocalTrial, livesAtStripe } from '@/lib/billing/account/subscription';
import {
  StripePriceNotConfigured,
  SubscriptionConflict,
  TierNotFound,
  TierNotSelfService,
} from '@/lib/billing/errors';
import { findPrice, getTier } from '@/lib/billing/plans/tiers';
import { openSession } from './checkout-session';
import type { CheckoutAnswer, CheckoutRequest } from './checkout-slot';

/**
 * Opens Stripe Checkout for a plan. A merchant never ends up with two live base subscriptions on a platform: one that
 * lives refuses (409), an open session for the same choice is given again, one for another choice is expired first. The
 * days left of a local trial are kept. Access starts when Stripe says so, not here. A private plan is sold to those on it only.
 * @throws TierNotFound, TierNotSelfService, StripePriceNotConfigured, SubscriptionConflict, MerchantClosed,
 *   StripeUnavailable
 */
export async function startPlanCheckout(
  db: Db,
  stripe: Stripe,
  request: CheckoutRequest & { tierCode: string; interval: 'month' | 'year'; currency: string },
): Promise<CheckoutAnswer> {
  const { account, now } = request;
  const tier = await getTier(db, account.platformId, request.tierCode);
  if (!tier.isActive) throw new TierNotFound(tier.code);
  if (!tier.isSelfService) throw new TierNotSelfService(tier.code);
  const price = findPrice(tier, request.currency, request.interval);
  if (!price?.stripePriceId) {
    throw new StripePriceNotConfigured({
      tierCode: tier.code,
      interval: request.interval,
      currency: request.currency,
    });
  }
  const current = await findCurrentSubscription(db, account);
  // A private plan is for those who have it: a successor, or nothing, takes its place for others.
  if (!tier.isPublic && current?.tierId !== tier.id) throw new TierNotFound(tier.code);
  if (livesAtStripe(current)) throw new SubscriptionConflict({ status: current?.status });
  const trialEnd = current && isLocalTrial(current, now) ? current.trialEnd : null;
  const stripePriceId = price.stripePriceId;
  return openSession(db, stripe, request, {
    kind: 'plan',
    choice: `${tier.code}:${request.interval}:${request.currency}@${stripePriceId}:${trialEnd?.toISOString() ?? ''}`,
    priceId: stripePriceId,
    mode: 'subscription',
    marks: { tier: tier.code },
    trialEnd,
  });
}
