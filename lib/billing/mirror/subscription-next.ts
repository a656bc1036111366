import { type KeptDiscount, subscriptionStatuses, type subscriptions } from '@/db/schema';
import { computeMrr, discountsOf } from '@/lib/billing/account/revenue';
import { Unrecognised } from '@/lib/billing/mirror/customer-lock';
import type { PlanItem } from '@/lib/billing/mirror/items';
import type { Moment } from '@/lib/billing/mirror/mirror';
import type { ItemSnapshot, SubscriptionSnapshot } from '@/lib/stripe/subscription-snapshot';

export type MirroredRow = typeof subscriptions.$inferSelect;

type Status = (typeof subscriptionStatuses)[number];

/** Ended for good: no later word revives it (stripe.md 16, 21). */
export const FINAL: Status[] = ['canceled', 'incomplete_expired'];

/** The columns that a snapshot says of its row. `waiting`: what other rows say, the pending change and the dunning; `ofCustomer`: the discount of its customer. Pure. */
export function nextOf<Waiting extends object>(
  snapshot: SubscriptionSnapshot,
  plan: PlanItem<ItemSnapshot>,
  moment: Moment,
  waiting: Waiting,
  ofCustomer: KeptDiscount | null,
) {
  const status = readStatus(snapshot.status);
  return {
    tierId: plan.tierId,
    status,
    stripeScheduleId: snapshot.scheduleId,
    interval: plan.item.interval,
    currency: snapshot.currency,
    unitAmount: plan.item.unitAmount,
    mrrCents: computeMrr(
      status,
      snapshot.items,
      discountsOf(snapshot.discounts, ofCustomer),
      snapshot.currency,
      moment.at,
    ),
    startedAt: snapshot.startedAt,
    currentPeriodStart: plan.item.periodStart,
    currentPeriodEnd: plan.item.periodEnd,
    trialEnd: snapshot.trialEnd,
    cancelAt: snapshot.cancelAt,
    cancelAtPeriodEnd: snapshot.cancelAtPeriodEnd,
    cancelReason: snapshot.cancelReason,
    canceledAt: snapshot.canceledAt,
    endedAt: snapshot.endedAt ?? (FINAL.includes(status) ? moment.at : null),
    pausedCollection: snapshot.pausedCollection,
    automaticTax: snapshot.automaticTax,
    taxDisabledReason: snapshot.taxDisabledReason,
    discounts: snapshot.discounts.length > 0 ? snapshot.discounts : null,
    ...waiting,
  };
}

export const touchesMonth = (
  row: MirroredRow,
  next: Pick<MirroredRow, 'currentPeriodStart' | 'interval' | 'trialEnd'>,
) =>
  row.currentPeriodStart?.getTime() !== next.currentPeriodStart?.getTime() ||
  row.interval !== next.interval ||
  row.trialEnd?.getTime() !== next.trialEnd?.getTime();

export function readStatus(status: string): Status {
  const known = subscriptionStatuses.find((one) => one === status && one !== 'expired');
  if (!known) throw new Unrecognised('unknown_status', { status });
  return known;
}
