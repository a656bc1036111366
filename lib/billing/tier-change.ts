import type Stripe from 'stripe';
import type { Db } from '@/db/client';
import { DomainError } from '@/lib/errors';
import { type Money, monthly } from '@/lib/money';
import { callStripe } from '@/lib/stripe/client';
import { type ItemSnapshot, readSubscription } from '@/lib/stripe/subscription-snapshot';
import { addMonths, toUnix } from '@/lib/time';
import type { Account } from './accounts';
import type { Actor } from './audit';
import {
  type AtStripe,
  afterwards,
  clearCancellation,
  getLiveSubscription,
  releaseSchedule,
} from './cancellation';
import { syncInvoicesAndCard } from './checkout';
import {
  NoActiveSubscription,
  NoPendingChange,
  StripePriceNotConfigured,
  SubscriptionConflict,
  TierNotFound,
  TierNotSelfService,
} from './errors';
import { type CurrentSubscription, findCurrentSubscription, isLocalTrial } from './subscriptions';
import { changeLocalTier } from './subscriptions-local';
import { placeItems } from './sync/places';
import { findPrice, findTierById, getTier, type PriceRow, type Tier } from './tiers';

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
  target: { tierId: string; interval: 'month' | 'year'; monthlyAmount: number },
  now: Date,
): TierChangePlan {
  const sameTier = current.tierId === target.tierId;
  if (sameTier && current.interval === target.interval)
    return { kind: 'none', when: 'now', effectiveAt: now };
  const kind = sameTier ? 'interval' : target.monthlyAmount > current.monthlyAmount ? 'upgrade' : 'downgrade';
  const longer = sameTier && target.interval === 'year';
  const atOnce = current.status === 'trialing' || kind === 'upgrade' || longer;
  if (atOnce || !current.currentPeriodEnd) return { kind, when: 'now', effectiveAt: now };
  return { kind, when: 'period_end', effectiveAt: current.currentPeriodEnd };
}

export type ChangeRequest = {
  account: Account;
  tierCode: string;
  interval: 'month' | 'year';
  actor: Actor;
  now: Date;
};

export type ChangePreview = {
  kind: ChangeKind;
  effective_at: string;
  due_now: Money;
  next_invoice: Money & { date: string | null };
  lines: { description: string; amount: number; proration: boolean }[];
  /** Hand it to the change within 15 minutes, and it costs what the preview said. */
  proration_date: number | null;
};

/**
 * What a change would cost, from Stripe's own preview: an error is an error, never 0. Writes nothing.
 * @throws NoActiveSubscription, TierNotFound, TierNotSelfService, StripePriceNotConfigured, StripeUnavailable
 */
export async function previewChange(
  db: Db,
  stripe: Stripe,
  request: Omit<ChangeRequest, 'actor'>,
): Promise<ChangePreview> {
  const { live, target, price, plan } = await decide(db, request);
  const none = { amount: 0, currency: live.currency };
  const base = { kind: plan.kind, effective_at: plan.effectiveAt.toISOString(), proration_date: null };
  if (plan.kind === 'none') {
    const renewal = await renewalPreview(stripe, live, null);
    return { ...base, due_now: none, next_invoice: renewal, lines: [] };
  }
  const { id: item } = await findPlanItem(db, stripe, live);
  if (plan.when === 'period_end' || live.status === 'trialing') {
    const renewal = await renewalPreview(stripe, live, { item, price: price.stripePriceId });
    return { ...base, due_now: none, next_invoice: renewal, lines: [renewalLine(target, price)] };
  }
  const prorationDate = toUnix(request.now);
  const preview = await callStripe(() =>
    stripe.invoices.createPreview({
      subscription: live.stripeSubscriptionId,
      subscription_details: {
        items: [{ id: item, price: price.stripePriceId }],
        proration_behavior: 'always_invoice',
        proration_date: prorationDate,
      },
    }),
  );
  const resets = live.interval !== request.interval;
  return {
    ...base,
    due_now: { amount: preview.amount_due, currency: preview.currency.toUpperCase() },
    next_invoice: resets
      ? nextAfterReset(preview, price, request.interval, request.now)
      : await renewalPreview(stripe, live, { item, price: price.stripePriceId }),
    lines: preview.lines.data.map((line) => ({
      description: line.description ?? '',
      amount: line.amount,
      proration:
        line.parent?.subscription_item_details?.proration ??
        line.parent?.invoice_item_details?.proration ??
        false,
    })),
    proration_date: prorationDate,
  };
}

const renewalLine = (tier: Tier, price: PriceRow) => ({
  description: tier.name,
  amount: price.unitAmount,
  proration: false,
});

/** The next regular invoice, with other prices if a change is asked about. */
async function renewalPreview(
  stripe: Stripe,
  live: AtStripe,
  change: { item: string; price: string } | null,
) {
  const preview = await callStripe(() =>
    stripe.invoices.createPreview({
      subscription: live.stripeSubscriptionId,
      ...(change
        ? {
            subscription_details: {
              items: [{ id: change.item, price: change.price }],
              proration_behavior: 'none',
            },
          }
        : {}),
    }),
  );
  const at = live.trialEnd && live.status === 'trialing' ? live.trialEnd : live.currentPeriodEnd;
  return {
    amount: preview.amount_due,
    currency: preview.currency.toUpperCase(),
    date: at?.toISOString() ?? null,
  };
}

/** A change of interval bills the new one now and next a whole interval later, at the same rate of tax. */
function nextAfterReset(preview: Stripe.Invoice, price: PriceRow, interval: 'month' | 'year', now: Date) {
  const full = preview.lines.data.find((line) => line.amount === price.unitAmount);
  const tax = (full?.taxes ?? []).reduce(
    (sum, one) => sum + (one.tax_behavior === 'exclusive' ? one.amount : 0),
    0,
  );
  const date = addMonths(now, interval === 'year' ? 12 : 1);
  return { amount: price.unitAmount + tax, currency: price.currency, date: date.toISOString() };
}

export type ChangeAnswer = {
  subscription: CurrentSubscription;
  effectiveAt: Date;
  paymentUrl: string | null;
};

/**
 * Changes the plan. Upgrade: at once, prorated and billed now; the tier changes only when that is paid, until then
 * `paymentUrl` says where (stripe.md 41). Downgrade: at the period's end, visible and cancellable until then. In the
 * local trial: at once and free. Safe to repeat: the same change again changes nothing.
 * @throws NoActiveSubscription, TierNotFound, TierNotSelfService, StripePriceNotConfigured, SubscriptionConflict, StripeUnavailable
 */
export async function changeTier(
  db: Db,
  stripe: Stripe,
  request: ChangeRequest & { prorationDate?: number },
): Promise<ChangeAnswer> {
  const current = await findCurrentSubscription(db, request.account);
  if (current && isLocalTrial(current, request.now)) {
    const changed = await changeLocalTier(db, request.account, request);
    return { subscription: changed, effectiveAt: request.now, paymentUrl: null };
  }
  const { live, target, price, plan } = await decide(db, request);
  const id = live.stripeSubscriptionId;
  if (plan.kind === 'none' && !live.pendingAt)
    return { subscription: live, effectiveAt: request.now, paymentUrl: null };
  await releaseSchedule(stripe, id);
  if (live.cancelAt) await clearCancellation(stripe, id);
  if (plan.kind !== 'none') {
    if (plan.when === 'now') await changeNow(db, stripe, live, target, price, request);
    else await changeAtPeriodEnd(db, stripe, live, target, price);
  }
  const subscription = await afterwards(db, stripe, id, request, `subscription.${plan.kind}`);
  // What was billed now stands on the page after it, whether or not the webhook came.
  if (plan.kind !== 'none' && plan.when === 'now') {
    await syncInvoicesAndCard(db, stripe, { subscriptionId: id, customerId: null }, request);
  }
  return { subscription, effectiveAt: plan.effectiveAt, paymentUrl: subscription.pendingPaymentUrl };
}

async function changeNow(
  db: Db,
  stripe: Stripe,
  live: AtStripe,
  target: Tier,
  price: PriceRow & { stripePriceId: string },
  request: ChangeRequest & { prorationDate?: number },
): Promise<void> {
  const { id: item } = await findPlanItem(db, stripe, live);
  const trialing = live.status === 'trialing';
  const fresh = request.prorationDate && Math.abs(toUnix(request.now) - request.prorationDate) <= 900;
  await callStripe(() =>
    stripe.subscriptions.update(live.stripeSubscriptionId, {
      items: [{ id: item, price: price.stripePriceId }],
      ...(trialing
        ? { proration_behavior: 'none' as const }
        : {
            proration_behavior: 'always_invoice' as const,
            payment_behavior: 'pending_if_incomplete' as const,
            ...(fresh ? { proration_date: request.prorationDate } : {}),
          }),
    }),
  ).catch((error) => {
    throw asConflict(error, target.code);
  });
}

/** Two phases: what is paid until its end, then the other plan; after that the subscription goes on by itself. */
async function changeAtPeriodEnd(
  db: Db,
  stripe: Stripe,
  live: AtStripe,
  target: Tier,
  price: PriceRow & { stripePriceId: string },
): Promise<void> {
  const id = live.stripeSubscriptionId;
  const schedule = await callStripe(() =>
    stripe.subscriptionSchedules.create({ from_subscription: id }),
  ).catch((error) => {
    throw asConflict(error, target.code);
  });
  const phase = schedule.phases[0];
  if (!phase) throw new SubscriptionConflict({ tier_code: target.code });
  const keep = phase.items.map((item) => ({
    price: typeof item.price === 'string' ? item.price : item.price.id,
    quantity: item.quantity ?? 1,
  }));
  const { priceId: former } = await findPlanItem(db, stripe, live);
  await callStripe(() =>
    stripe.subscriptionSchedules.update(schedule.id, {
      end_behavior: 'release',
      proration_behavior: 'none',
      phases: [
        { items: keep, start_date: phase.start_date, end_date: phase.end_date },
        {
          items: keep.map((item) => (item.price === former ? { ...item, price: price.stripePriceId } : item)),
          duration: { interval: price.interval, interval_count: 1 },
          proration_behavior: 'none',
        },
      ],
    }),
  );
}

/**
 * Undoes a change that waits for the period's end.
 * @throws NoPendingChange, NoActiveSubscription, StripeUnavailable
 */
export async function undoPendingChange(
  db: Db,
  stripe: Stripe,
  input: { account: Account; actor: Actor; now: Date },
): Promise<CurrentSubscription> {
  const live = await getLiveSubscription(db, input.account);
  if (!live.pendingAt && !live.stripeScheduleId) throw new NoPendingChange();
  await releaseSchedule(stripe, live.stripeSubscriptionId);
  return afterwards(db, stripe, live.stripeSubscriptionId, input, 'subscription.change_undone');
}

async function decide(db: Db, request: Omit<ChangeRequest, 'actor'>) {
  const target = await getTier(db, request.account.platformId, request.tierCode);
  if (!target.isActive) throw new TierNotFound(target.code);
  if (!target.isSelfService) throw new TierNotSelfService(target.code);
  const live = await getLiveSubscription(db, request.account);
  const found = findPrice(target, live.currency, request.interval);
  if (!found?.stripePriceId) {
    throw new StripePriceNotConfigured({
      tier_code: target.code,
      interval: request.interval,
      currency: live.currency,
    });
  }
  if (live.status === 'paused') throw new NoActiveSubscription();
  const price = { ...found, stripePriceId: found.stripePriceId };
  const held = await findTierById(db, live.tierId);
  const plan = planChange(
    { ...live, monthlyAmount: held ? monthlyAmount(held, live.currency) : live.unitAmount },
    { tierId: target.id, interval: request.interval, monthlyAmount: monthlyAmount(target, live.currency) },
    request.now,
  );
  return { live, target, price, plan };
}

/** What a tier costs per month; sold only by the year: a twelfth of that. */
function monthlyAmount(tier: Tier, currency: string): number {
  const month = findPrice(tier, currency, 'month');
  if (month) return month.unitAmount;
  const year = findPrice(tier, currency, 'year');
  return year ? monthly(year.unitAmount, 'year') : Number.POSITIVE_INFINITY;
}

/** The plan's item: the one whose price is a tier's; it need not be the first (stripe.md 13). */
async function findPlanItem(db: Db, stripe: Stripe, live: AtStripe): Promise<ItemSnapshot> {
  const raw = await callStripe(() => stripe.subscriptions.retrieve(live.stripeSubscriptionId));
  const { plans } = await placeItems(db, readSubscription(raw).items);
  if (!plans[0]) throw new NoActiveSubscription();
  return plans[0].item;
}

/** Stripe refuses a change while another waits to be paid: that is a conflict for the person, not a fault. */
function asConflict(error: unknown, tierCode: string): unknown {
  if (error instanceof DomainError) return error;
  if (error instanceof Error && 'type' in error && error.type === 'StripeInvalidRequestError') {
    return new SubscriptionConflict({ tier_code: tierCode, reason: error.message });
  }
  return error;
}
