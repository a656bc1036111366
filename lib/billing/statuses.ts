import { subscriptionStatuses } from '@/db/schema';

export { subscriptionStatuses };

/** The longest trial that Stripe takes, in days (stripe.md D33). */
export const MAX_TRIAL_DAYS = 730;

/** Statuses in which Stripe has a subscription that lives, paid or not. */
export const LIVE: (typeof subscriptionStatuses)[number][] = [
  'trialing',
  'active',
  'past_due',
  'unpaid',
  'paused',
];
