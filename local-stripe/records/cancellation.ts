/** When a subscription ends, as it is asked for and as it is said. https://docs.stripe.com/billing/subscriptions/cancel */
import type { App } from '../app';
import { invalid } from '../errors';
import type { Subscription } from '../types';
import type { UpdateGiven } from './subscription-params';
import { periodEnd } from './subscriptions';

/** What is to end with its period ends with the one it now has. */
export function followPeriod(sub: Subscription): void {
  if (sub.cancel_at_period_end) sub.cancel_at = periodEnd(sub);
}

/**
 * `cancel_at_period_end` follows the earliest item period; min/max_period_end resolve to a timestamp at once
 * (stripe.md 15). Clearing the flag leaves a `cancel_at` that was set without it: reactivation clears both (stripe.md 43).
 */
export function setCancellation(
  app: App,
  sub: Subscription,
  atPeriodEnd: boolean | undefined,
  cancelAt: UpdateGiven['cancel_at'],
): void {
  refuseBothEnds(atPeriodEnd, cancelAt);
  if (atPeriodEnd !== undefined) {
    if (atPeriodEnd) Object.assign(sub, { cancel_at_period_end: true, cancel_at: periodEnd(sub) });
    else if (sub.cancel_at_period_end) Object.assign(sub, { cancel_at_period_end: false, cancel_at: null });
  }
  if (cancelAt !== undefined) {
    const at =
      cancelAt === 'min_period_end'
        ? periodEnd(sub)
        : cancelAt === 'max_period_end'
          ? periodEnd(sub, 'max')
          : cancelAt;
    if (at !== null && at <= app.now) throw invalid('`cancel_at` must be in the future.', 'cancel_at');
    sub.cancel_at = at;
    sub.cancel_at_period_end = false;
  }
  markCancellation(app, sub);
}

/** When it will end if this is done; null = it goes on. Throws what `setCancellation` would, and writes nothing. */
export function endAsked(
  app: App,
  sub: Subscription,
  given: Pick<UpdateGiven, 'cancel_at' | 'cancel_at_period_end'>,
): number | null {
  const then = structuredClone(sub);
  setCancellation(app, then, given.cancel_at_period_end, given.cancel_at);
  return then.cancel_at;
}

/** One of the two, to clear as well (seen: better-auth/better-auth, packages/stripe: "Stripe API doesn't accept both"). */
export function refuseBothEnds(atPeriodEnd: boolean | undefined, cancelAt: UpdateGiven['cancel_at']): void {
  if (atPeriodEnd === undefined || cancelAt === undefined) return;
  throw invalid(
    'You may only specify one of these parameters: cancel_at, cancel_at_period_end.',
    'cancel_at',
    'parameters_exclusive',
  );
}

/** `canceled_at` and the reason say whether an end was asked for. */
export function markCancellation(app: App, sub: Subscription): void {
  const asked = sub.cancel_at !== null;
  sub.canceled_at = asked ? (sub.canceled_at ?? app.now) : null;
  sub.cancellation_details = {
    comment: asked ? (sub.cancellation_details?.comment ?? null) : null,
    feedback: asked ? (sub.cancellation_details?.feedback ?? null) : null,
    feedback_option: null,
    reason: asked ? 'cancellation_requested' : null,
  };
}
