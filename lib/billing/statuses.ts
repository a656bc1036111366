import { subscriptionStatuses } from '@/db/schema';

export { subscriptionStatuses };

/** Statuses in which Stripe has a subscription that lives, paid or not. */
export const LIVE: (typeof subscriptionStatuses)[number][] = [
  'trialing',
  'active',
  'past_due',
  'unpaid',
  'paused',
];
