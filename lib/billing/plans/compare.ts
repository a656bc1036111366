import { monthly } from '@/lib/money';
import { findPrice, type Tier } from './tiers';

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

/** What is paid per month for the plan held: its own price or, where it has none, the one agreed. */
export function heldMonthlyAmount(
  held: Tier | null,
  live: { currency: string; unitAmount: number; interval: 'month' | 'year' },
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
