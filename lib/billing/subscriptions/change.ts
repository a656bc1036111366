import type Stripe from 'stripe';
import type { Db } from '@/db/client';
import { changeLocalTier } from '@/lib/billing/account/given-plans';
import {
  type CurrentSubscription,
  findCurrentSubscription,
  isLocalTrial,
} from '@/lib/billing/account/subscription';
import type { Account } from '@/lib/billing/accounts';
import type { Actor } from '@/lib/billing/audit';
import { NoPendingChange, SubscriptionConflict } from '@/lib/billing/errors';
import type { Tier } from '@/lib/billing/plans/tiers';
import { callStripe, isRefused } from '@/lib/stripe/client';
import {
  changeParams,
  methodTypeOf,
  paymentParams,
  priceData,
  priceParams,
  type WantedPrice,
} from '@/lib/stripe/parameters';
import { toUnix } from '@/lib/time';
import { clearCancellation, setAside } from './at-period-end';
import { type AtStripe, afterwards, getLiveSubscription } from './cancellation';
import { type ChangeRequest, decideChange, findPlanItem, toChange } from './change-plan';
import { syncInvoicesAndCard } from './checkout-return';
import { overtaken, releaseSchedule, writeSchedule } from './schedule';

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
 *   PayFirst, StripeRefused, StripeUnavailable; for an agreed price ValidationFailed on `unitAmount` and TierNotPushed
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
  price: WantedPrice,
  request: ChangeRequest & { prorationDate?: number },
): Promise<void> {
  const held = await findPlanItem(db, stripe, live);
  const { raw } = held;
  const id = live.stripeSubscriptionId;
  const ends = raw.cancel_at_period_end || (await endsWithPeriod(stripe, raw));
  const fresh = request.prorationDate && Math.abs(toUnix(request.now) - request.prorationDate) <= 900;
  const payment =
    live.status === 'trialing'
      ? {}
      : paymentParams({ collection_method: raw.collection_method, methodType: methodTypeOf(raw) });
  // Whether a pending update may bear a price in its own words is written nowhere: it gets one of the price's own.
  const named =
    payment.payment_behavior === 'pending_if_incomplete' ? await namePrice(stripe, id, price) : price;
  const change = toChange(held, live, named, fresh ? request.prorationDate : undefined);
  const updated = await callStripe(() =>
    stripe.subscriptions.update(id, {
      ...changeParams(change),
      ...payment,
      ...(ends ? { cancel_at_period_end: false } : {}),
    }),
  ).catch((error) => {
    // Another change waits to be paid: that is a conflict for the person, not a fault.
    if (isRefused(error) && raw.pending_update)
      throw new SubscriptionConflict({ tierCode: target.code, reason: 'change_waits' });
    throw error;
  });
  if (!updated.pending_update && updated.cancel_at !== null) {
    await clearCancellation(stripe, id);
  }
}

/**
 * The id of an agreed price, made at Stripe where it has none. Asked twice it is one, for as long as Stripe keeps the key;
 * later one more of the same, which harms nobody.
 */
async function namePrice(stripe: Stripe, subscription: string, price: WantedPrice): Promise<WantedPrice> {
  if (price.stripePriceId) return price;
  const { unitAmount, currency, interval, productId } = price;
  const idempotencyKey = `agreed:${subscription}:${productId}:${unitAmount}:${currency}:${interval}`;
  const { id } = await callStripe(() => stripe.prices.create(priceData(price), { idempotencyKey }));
  return { ...price, stripePriceId: id };
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
async function changeAtPeriodEnd(db: Db, stripe: Stripe, live: AtStripe, price: WantedPrice): Promise<void> {
  const { item: former } = await findPlanItem(db, stripe, live);
  await writeSchedule(stripe, live.stripeSubscriptionId, (running) => [
    {
      ...running,
      items: running.items.map(({ price: held, ...item }) => ({
        ...item,
        ...(held === former.priceId ? priceParams(price) : { price: held }),
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
