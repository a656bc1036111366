import { and, asc, eq } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { creditPackages, platforms } from '@/db/schema';
import { type Account, currentMonth, findAccount } from './accounts';
import { type AddOnProduct, listAddOnProducts, listStoreAddOns, type StoreAddOn } from './addons';
import { getBalance, listLedger } from './credits';
import { type CustomerRow, getCustomer } from './customers';
import { type InvoiceRow, listInvoices } from './invoices';
import {
  type CurrentSubscription,
  findCurrentSubscription,
  isLocalTrial,
  livesAtStripe,
} from './subscriptions';
import { planChange } from './tier-change';
import { findPrice, listTiers, type Tier } from './tiers';

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

/** Everything the billing page shows of an account, from our rows: no call to Stripe, a fixed number of statements. */
export type BillingOverview = {
  currency: string;
  subscription: CurrentSubscription | null;
  /** A trial or comp that Stripe knows nothing of. */
  isLocal: boolean;
  livesAtStripe: boolean;
  graceOver: boolean;
  /** What the pending tier will cost; null without a pending change. */
  pending: { tierName: string; interval: Interval; amount: number; at: Date } | null;
  tiers: (Tier & { choices: Record<Interval, TierChoice> })[];
  customer: CustomerRow;
  invoices: InvoiceRow[];
  addOnProducts: AddOnProduct[];
  storeAddOns: StoreAddOn[];
  credits: {
    monthly: number;
    purchased: number;
    resetsAt: Date | null;
    ledger: Awaited<ReturnType<typeof listLedger>>;
  };
  creditPackages: (typeof creditPackages.$inferSelect)[];
};

/** Reads the billing page's model. @throws NotFound for an unknown merchant */
export async function getBillingOverview(
  db: Db,
  account: Account,
  now: Date,
  show: { invoices?: number; ledger?: number } = {},
): Promise<BillingOverview> {
  const [
    platform,
    subscription,
    kept,
    tiers,
    customer,
    invoices,
    addOnProducts,
    storeAddOns,
    balance,
    ledger,
    packages,
  ] = await Promise.all([
    db
      .select({ currency: platforms.defaultCurrency })
      .from(platforms)
      .where(eq(platforms.id, account.platformId)),
    findCurrentSubscription(db, account),
    findAccount(db, account),
    listTiers(db, account.platformId),
    getCustomer(db, account.merchantId),
    listInvoices(db, account, { limit: show.invoices ?? 12 }),
    listAddOnProducts(db, account.platformId),
    listStoreAddOns(db, account),
    getBalance(db, account),
    listLedger(db, account, { limit: show.ledger ?? 10 }),
    db
      .select()
      .from(creditPackages)
      .where(and(eq(creditPackages.platformId, account.platformId), eq(creditPackages.isActive, true)))
      .orderBy(asc(creditPackages.displayOrder)),
  ]);
  const currency = subscription?.currency ?? platform[0]?.currency ?? 'EUR';
  const shown = tiers.filter((tier) => (tier.isActive && tier.isPublic) || tier.id === subscription?.tierId);
  return {
    currency,
    subscription,
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
    customer,
    invoices,
    addOnProducts,
    storeAddOns,
    credits: { ...balance, resetsAt: kept ? currentMonth(kept, now).end : null, ledger },
    creditPackages: packages,
  };
}

/** Past due and the days of grace are over: access is already down to the fallback. */
export function isGraceOver(subscription: CurrentSubscription | null, now: Date): boolean {
  if (subscription?.status !== 'past_due') return false;
  return subscription.graceUntil !== null && now >= subscription.graceUntil;
}

function pendingOf(subscription: CurrentSubscription | null, tiers: Tier[]): BillingOverview['pending'] {
  if (!subscription?.pendingTierId || !subscription.pendingAt) return null;
  const tier = tiers.find((one) => one.id === subscription.pendingTierId);
  const interval = subscription.pendingInterval ?? subscription.interval;
  const price = tier ? findPrice(tier, subscription.currency, interval) : null;
  return { tierName: tier?.name ?? '', interval, amount: price?.unitAmount ?? 0, at: subscription.pendingAt };
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
  if (!price || !tier.isActive) return 'unavailable';
  if (!subscription || !lives) {
    const trying = subscription !== null && isLocalTrial(subscription, now);
    return trying && !isHeld ? 'subscribe_or_try' : 'subscribe';
  }
  if (subscription.pendingTierId === tier.id && (subscription.pendingInterval ?? interval) === interval)
    return 'planned';
  const held = tiers.find((one) => one.id === subscription.tierId);
  const monthlyAmount = (of: Tier | undefined) =>
    of ? (findPrice(of, currency, 'month')?.unitAmount ?? Infinity) : 0;
  const { kind } = planChange(
    { ...subscription, monthlyAmount: monthlyAmount(held) },
    { tierId: tier.id, interval, monthlyAmount: monthlyAmount(tier) },
    now,
  );
  return kind === 'none' ? 'current' : kind;
}
