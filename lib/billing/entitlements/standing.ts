import type { subscriptionStatuses } from '@/db/schema';

export type SubscriptionStatus = (typeof subscriptionStatuses)[number] | 'none';

export type TierFacts = { id: string; code: string; name: string };

/** What decides which tier counts. */
export type StandingFacts = {
  subscription: {
    id: string;
    status: (typeof subscriptionStatuses)[number];
    tier: TierFacts;
    /** Not at Stripe: a trial or a comp of ours. */
    isLocal: boolean;
    trialEnd: Date | null;
    /** When it ends by itself; a comp is over then, what is at Stripe when Stripe says so. */
    cancelAt: Date | null;
    pastDueSince: Date | null;
    graceUntil: Date | null;
    currency: string;
  } | null;
  /** The platform's fallback tier, where it has one. */
  fallback: TierFacts | null;
};

/** Which tier counts and why. `reason` is a key of `features.explain.status_<reason>`. */
export type Standing = {
  status: SubscriptionStatus;
  reason: 'live' | 'trial' | 'grace' | 'grace_over' | 'no_access' | 'never';
} & ({ tier: TierFacts; via: 'tier' | 'fallback' } | { tier: null; via: 'none' });

/**
 * Which tier counts: `trialing` and `active` give it, `past_due` gives it within grace; anything else gives the platform's
 * fallback tier, or nothing. A local trial past its end is `expired` and a comp `canceled`, also before the job that writes it.
 */
export function resolveStanding(facts: StandingFacts, now: Date): Standing {
  const { subscription, fallback } = facts;
  const { status, reason } = accessOf(subscription, now);
  if (subscription && (reason === 'live' || reason === 'trial' || reason === 'grace')) {
    return { status, reason, tier: subscription.tier, via: 'tier' };
  }
  return fallback
    ? { status, reason, tier: fallback, via: 'fallback' }
    : { status, reason, tier: null, via: 'none' };
}

function accessOf(
  subscription: StandingFacts['subscription'],
  now: Date,
): Pick<Standing, 'status' | 'reason'> {
  if (!subscription) return { status: 'none', reason: 'never' };
  const { status, graceUntil, trialEnd, cancelAt, isLocal } = subscription;
  if (status === 'active') {
    const isOver = isLocal && cancelAt !== null && cancelAt <= now;
    return isOver ? { status: 'canceled', reason: 'no_access' } : { status, reason: 'live' };
  }
  if (status === 'trialing') {
    const isOver = isLocal && trialEnd !== null && trialEnd <= now;
    return isOver ? { status: 'expired', reason: 'no_access' } : { status, reason: 'trial' };
  }
  if (status === 'past_due') {
    return { status, reason: graceUntil !== null && now < graceUntil ? 'grace' : 'grace_over' };
  }
  return { status, reason: 'no_access' };
}
