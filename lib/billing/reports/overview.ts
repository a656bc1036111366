import type { Db } from '@/db/client';
import { type CurrentSubscription, isLocalTrial, livesAtStripe } from '@/lib/billing/account/subscription';
import { type Account, currentMonth } from '@/lib/billing/accounts';
import { heldMonthlyAmount, monthlyAmount, planChange } from '@/lib/billing/plans/compare';
import { findPrice, type Tier } from '@/lib/billing/plans/tiers';
import { loadOverviewFacts } from './overview-facts';

type Interval = 'month' | 'year';

/** What an account can do with a plan in an interval. */
export type TierChoice =
  | 'current'
  | 'planned'
  | 'contact'
  | 'subscribe'
  | 'subscribe_or_try'
  | 'upgrade'
  | 'downgrade'
  | 'interval'
  | 'unavailable';

/** Everything the billing page shows of an account. */
export type BillingOverview = Awaited<ReturnType<typeof getBillingOverview>>;

/** Reads the billing page's model from our rows: no call to Stripe, one statement. @throws NotFound for an unknown merchant */
export async function getBillingOverview(
  db: Db,
  account: Account,
  now: Date,
  show: { invoices?: number; ledger?: number } = {},
) {
  const { tiers, subscription, kept, balance, ledger, ...facts } = await loadOverviewFacts(db, account, {
    invoices: show.invoices ?? 12,
    ledger: show.ledger ?? 10,
  });
  const currency = subscription?.currency ?? facts.currency ?? 'EUR';
  const shown = tiers.filter((tier) => (tier.isActive && tier.isPublic) || tier.id === subscription?.tierId);
  return {
    currency,
    subscription,
    // A trial or comp that Stripe knows nothing of.
    isLocal: subscription !== null && subscription.stripeSubscriptionId === null,
    livesAtStripe: livesAtStripe(subscription),
    graceOver: isGraceOver(subscription, now),
    pending: pendingOf(subscription, tiers),
    tiers: shown.map((tier) => ({
      ...tier,
      choices: {
        month: chooseAction(tier, 'month', { subscription, tiers, currency, now }),
        year: chooseAction(tier, 'year', { subscription, tiers, currency, now }),
      },
    })),
    customer: facts.customer,
    invoices: facts.invoices,
    addOnProducts: facts.addOnProducts,
    storeAddOns: facts.storeAddOns,
    credits: { ...balance, resetsAt: kept ? currentMonth(kept, now).end : null, ledger },
    creditPackages: facts.creditPackages,
  };
}

/** Past due and the days of grace are over: access is already down to the fallback. */
export function isGraceOver(subscription: CurrentSubscription | null, now: Date): boolean {
  if (subscription?.status !== 'past_due') return false;
  return subscription.graceUntil !== null && now >= subscription.graceUntil;
}

/** What the pending tier will cost; null without a pending change. */
function pendingOf(subscription: CurrentSubscription | null, tiers: Tier[]) {
  if (!subscription?.pendingTierId || !subscription.pendingAt) return null;
  const tier = tiers.find((one) => one.id === subscription.pendingTierId);
  const interval = subscription.pendingInterval ?? subscription.interval;
  const price = tier ? findPrice(tier, subscription.currency, interval) : null;
  const amount = subscription.pendingUnitAmount ?? price?.unitAmount ?? 0;
  return { tierName: tier?.name ?? '', interval, amount, at: subscription.pendingAt };
}

type Situation = { subscription: CurrentSubscription | null; tiers: Tier[]; currency: string; now: Date };

/** The one button of a tier card. Pure. */
export function chooseAction(tier: Tier, interval: Interval, situation: Situation): TierChoice {
  const { subscription, tiers, currency, now } = situation;
  const lives = livesAtStripe(subscription);
  const isHeld = subscription?.tierId === tier.id;
  if (
    subscription &&
    isHeld &&
    (lives || subscription.status === 'active') &&
    subscription.interval === interval
  )
    return 'current';
  if (!tier.isSelfService) return isHeld && subscription?.status === 'active' ? 'current' : 'contact';
  const price = findPrice(tier, currency, interval);
  if (
    subscription?.pendingTierId === tier.id &&
    (subscription.pendingInterval ?? interval) === interval &&
    lives
  )
    return 'planned';
  if (!price || !tier.isActive) return 'unavailable';
  // To try a plan nothing is asked of Stripe.
  if (subscription && isLocalTrial(subscription, now) && !isHeld) return 'subscribe_or_try';
  // A price that Stripe does not know yet cannot be bought: a plan that was not pushed.
  if (!price.stripePriceId) return 'unavailable';
  if (!subscription || !lives) return 'subscribe';
  const held = tiers.find((one) => one.id === subscription.tierId) ?? null;
  const { kind } = planChange(
    { ...subscription, monthlyAmount: heldMonthlyAmount(held, subscription) },
    { tierId: tier.id, interval, monthlyAmount: monthlyAmount(tier, currency) },
    now,
  );
  return kind === 'none' ? 'current' : kind;
}
