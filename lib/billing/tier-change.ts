import type Stripe from 'stripe';
import type { Db } from '@/db/client';
import { DomainError } from '@/lib/errors';
import type { Money } from '@/lib/money';
import { callStripe } from '@/lib/stripe/client';
import { type ItemSnapshot, readSubscription } from '@/lib/stripe/subscription-snapshot';
import { addMonths, toUnix } from '@/lib/time';
import type { Account } from './accounts';
import { clearCancellation, overtaken, releaseSchedule, setAside, writeSchedule } from './at-period-end';
import type { Actor } from './audit';
import { type AtStripe, afterwards, getLiveSubscription } from './cancellation';
import { syncInvoicesAndCard } from './checkout';
import { NoActiveSubscription, NoPendingChange, SubscriptionConflict } from './errors';
import { type CurrentSubscription, findCurrentSubscription, isLocalTrial } from './subscriptions';
import { changeLocalTier } from './subscriptions-local';
import { placeItems } from './sync/places';
import {
  type ChangeKind,
  type ChangeRequest,
  type ChosenPrice,
  decideChange,
  toStripe,
} from './tier-change-plan';
import type { Tier } from './tiers';

export type ChangePreview = {
  kind: ChangeKind;
  effective_at: string;
  due_now: Money;
  next_invoice: Money & { date: string | null };
  lines: { description: string; amount: number; proration: boolean }[];
  /** What the lines come to: after discounts, then tax, then both; `balance` is what the customer's credit pays of it. */
  totals: { net: number; tax: number; total: number; balance: number } | null;
  /** What waits for the period's end and goes with the change: a cancellation, or another change. */
  takes_back: 'cancellation' | 'change' | null;
  /** Hand it to the change within 15 minutes, and it costs what the preview said. */
  proration_date: number | null;
};

/**
 * What a change would cost, from Stripe's own preview: an error is an error, never 0. Writes nothing.
 * @throws NoActiveSubscription, TierNotFound, TierNotSelfService, StripePriceNotConfigured, StripeUnavailable; for an agreed
 *   price ValidationFailed on `unit_amount` and TierNotPushed
 */
export async function previewChange(
  db: Db,
  stripe: Stripe,
  request: Omit<ChangeRequest, 'actor'>,
): Promise<ChangePreview> {
  const { live, target, price, plan } = await decideChange(db, request);
  const none = { amount: 0, currency: live.currency };
  const { item, raw } = await findPlanItem(db, stripe, live);
  const base = {
    kind: plan.kind,
    effective_at: plan.effectiveAt.toISOString(),
    proration_date: null,
    takes_back: takenBack(raw, plan.kind),
  };
  if (plan.kind === 'none') {
    // Nothing changes, a cancellation neither: after it there is no invoice.
    const next_invoice =
      raw.cancel_at === null ? (await renewalPreview(stripe, live, null)).invoice : { ...none, date: null };
    return { ...base, due_now: none, next_invoice, lines: [], totals: null };
  }
  const change = { item: item.id, price, stays: stays(raw) };
  if (plan.when === 'period_end' || live.status === 'trialing') {
    const renewal = await renewalPreview(stripe, live, change);
    return {
      ...base,
      due_now: none,
      next_invoice: renewal.invoice,
      lines: [renewalLine(target, price)],
      totals: renewal.totals,
    };
  }
  const prorationDate = toUnix(request.now);
  const preview = await callStripe(() =>
    stripe.invoices.createPreview({
      subscription: live.stripeSubscriptionId,
      subscription_details: {
        items: [{ id: item.id, ...toStripe(price) }],
        proration_behavior: 'always_invoice',
        proration_date: prorationDate,
        ...change.stays,
      },
    }),
  );
  const resets = live.interval !== request.interval;
  return {
    ...base,
    due_now: { amount: preview.amount_due, currency: preview.currency.toUpperCase() },
    next_invoice: resets
      ? nextAfterReset(preview, price, request.interval, request.now)
      : (await renewalPreview(stripe, live, change)).invoice,
    lines: preview.lines.data.map((line) => ({
      description: line.description ?? '',
      amount: line.amount,
      proration:
        line.parent?.subscription_item_details?.proration ??
        line.parent?.invoice_item_details?.proration ??
        false,
    })),
    totals: totalsOf(preview),
    proration_date: prorationDate,
  };
}

/** While a schedule is attached there is no cancellation (stripe.md 42); where nothing changes, it stays. */
function takenBack(raw: Stripe.Subscription, kind: ChangeKind): ChangePreview['takes_back'] {
  if (raw.schedule) return 'change';
  return raw.cancel_at !== null && kind !== 'none' ? 'cancellation' : null;
}

/** A change takes a cancellation back: without it Stripe knows no next invoice. */
const stays = (raw: Stripe.Subscription) =>
  raw.cancel_at_period_end
    ? { cancel_at_period_end: false }
    : raw.cancel_at === null
      ? {}
      : { cancel_at: '' as const };

/** Taxes that come on top; inclusive ones are within the net amount already. */
function totalsOf(preview: Stripe.Invoice) {
  const { total, amount_due } = preview;
  const tax = (preview.total_taxes ?? []).reduce(
    (sum, one) => sum + (one.tax_behavior === 'exclusive' ? one.amount : 0),
    0,
  );
  return { net: total - tax, tax, total, balance: Math.max(0, total - amount_due) };
}

const renewalLine = (tier: Tier, price: ChosenPrice) => ({
  description: tier.name,
  amount: price.unitAmount,
  proration: false,
});

/** The next regular invoice, with other prices if a change is asked about. */
async function renewalPreview(
  stripe: Stripe,
  live: AtStripe,
  change: { item: string; price: ChosenPrice; stays: object } | null,
) {
  const preview = await callStripe(() =>
    stripe.invoices.createPreview({
      subscription: live.stripeSubscriptionId,
      ...(change
        ? {
            subscription_details: {
              items: [{ id: change.item, ...toStripe(change.price) }],
              proration_behavior: 'none',
              ...change.stays,
            },
          }
        : {}),
    }),
  );
  const at = live.trialEnd && live.status === 'trialing' ? live.trialEnd : live.currentPeriodEnd;
  return {
    invoice: {
      amount: preview.amount_due,
      currency: preview.currency.toUpperCase(),
      date: at?.toISOString() ?? null,
    },
    totals: totalsOf(preview),
  };
}

/** A change of interval bills the new one now and next a whole interval later, at the same rate of tax. */
function nextAfterReset(preview: Stripe.Invoice, price: ChosenPrice, interval: 'month' | 'year', now: Date) {
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
 * @throws NoActiveSubscription, TierNotFound, TierNotSelfService, StripePriceNotConfigured, SubscriptionConflict,
 *   StripeUnavailable; for an agreed price ValidationFailed on `unit_amount` and TierNotPushed
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
  const { live, target, price, plan } = await decideChange(db, request);
  const id = live.stripeSubscriptionId;
  if (plan.kind === 'none' && !live.pendingAt)
    return { subscription: live, effectiveAt: request.now, paymentUrl: null };
  const atOnce = plan.when === 'now';
  await setAside(stripe, id, { cancellation: !atOnce }, async () => {
    if (plan.kind === 'none') return;
    if (atOnce) await changeNow(db, stripe, live, target, price, request);
    else await changeAtPeriodEnd(db, stripe, live, price);
  });
  const subscription = await afterwards(db, stripe, id, request, `subscription.${plan.kind}`, request.reason);
  // What was billed now stands on the page after it, whether or not the webhook came.
  if (plan.kind !== 'none' && plan.when === 'now') {
    await syncInvoicesAndCard(db, stripe, { subscriptionId: id, customerId: null }, request);
  }
  return { subscription, effectiveAt: plan.effectiveAt, paymentUrl: subscription.pendingPaymentUrl };
}

/**
 * A cancellation that waits is taken back by the same update, so only with the payment: an upgrade nobody paid leaves it
 * (https://docs.stripe.com/changelog/endive/2026-09-30/scheduled-subscription-cancellation). The portal says the same as a
 * date (stripe.md 43), which Stripe cannot hold like that: it is said as the flag first, which changes nothing. Another date
 * goes once the plan has changed.
 */
async function changeNow(
  db: Db,
  stripe: Stripe,
  live: AtStripe,
  target: Tier,
  price: ChosenPrice,
  request: ChangeRequest & { prorationDate?: number },
): Promise<void> {
  const { item, raw } = await findPlanItem(db, stripe, live);
  const ends = raw.cancel_at_period_end || (await endsWithPeriod(stripe, raw));
  const fresh = request.prorationDate && Math.abs(toUnix(request.now) - request.prorationDate) <= 900;
  const updated = await callStripe(() =>
    stripe.subscriptions.update(live.stripeSubscriptionId, {
      items: [{ id: item.id, ...toStripe(price) }],
      ...(ends ? { cancel_at_period_end: false } : {}),
      ...(live.status === 'trialing'
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
  if (!updated.pending_update && updated.cancel_at !== null) {
    await clearCancellation(stripe, live.stripeSubscriptionId);
  }
}

/** Whether its date is the period's end; then it is said as the flag from here on. */
async function endsWithPeriod(
  stripe: Stripe,
  { id, cancel_at, items }: Stripe.Subscription,
): Promise<boolean> {
  if (cancel_at === null || items.data.some((item) => item.current_period_end !== cancel_at)) return false;
  await callStripe(() => stripe.subscriptions.update(id, { cancel_at_period_end: true })).catch(overtaken);
  return true;
}

/** Two phases: what is paid until its end, then the other plan with all else as it is. */
async function changeAtPeriodEnd(db: Db, stripe: Stripe, live: AtStripe, price: ChosenPrice): Promise<void> {
  const { item: former } = await findPlanItem(db, stripe, live);
  await writeSchedule(stripe, live.stripeSubscriptionId, (running) => [
    {
      ...running,
      items: running.items.map(({ price: held, ...item }) => ({
        ...item,
        ...(held === former.priceId ? toStripe(price) : { price: held }),
      })),
      duration: { interval: price.interval, interval_count: 1 },
      // A year that becomes months: their rhythm begins with them.
      ...(price.interval === former.interval ? {} : { billing_cycle_anchor: 'phase_start' as const }),
      proration_behavior: 'none',
    },
  ]);
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

/** The plan's item: the one whose price is a tier's; it need not be the first (stripe.md 13). */
async function findPlanItem(
  db: Db,
  stripe: Stripe,
  live: AtStripe,
): Promise<{ item: ItemSnapshot; raw: Stripe.Subscription }> {
  const raw = await callStripe(() => stripe.subscriptions.retrieve(live.stripeSubscriptionId));
  const { plans } = await placeItems(db, readSubscription(raw).items);
  if (!plans[0]) throw new NoActiveSubscription();
  return { item: plans[0].item, raw };
}

/** Stripe refuses a change while another waits to be paid: that is a conflict for the person, not a fault. */
function asConflict(error: unknown, tierCode: string): unknown {
  if (error instanceof DomainError) return error;
  if (error instanceof Error && 'type' in error && error.type === 'StripeInvalidRequestError') {
    return new SubscriptionConflict({ tier_code: tierCode, reason: error.message });
  }
  return error;
}
