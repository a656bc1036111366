import type Stripe from 'stripe';
import type { AtStripe } from '@/lib/billing/subscriptions/cancellation';
import type { Held } from '@/lib/billing/subscriptions/change-plan';
import { callStripe } from '@/lib/stripe/client';
import { priceParams, type WantedPrice } from '@/lib/stripe/parameters';
import { fromUnix, toUnix } from '@/lib/time';

/** A change takes a cancellation back: without it Stripe knows no next invoice. */
export const stays = (raw: Stripe.Subscription) =>
  raw.cancel_at_period_end
    ? { cancel_at_period_end: false }
    : raw.cancel_at === null
      ? {}
      : { cancel_at: '' as const };

/** Where the furthest regular line of an invoice ends: then comes the next. */
export const furthestEnd = (invoice: Stripe.Invoice): Date =>
  fromUnix(Math.max(...invoice.lines.data.filter((line) => line.amount >= 0).map((line) => line.period.end)));

/**
 * The next invoice at the period's end, with another price if a change is asked about. A subscription on a schedule is
 * previewed as the schedule will make it, which the change drops first: its next invoice is asked for by itself (stripe.md D61).
 */
export async function renewalPreview(stripe: Stripe, live: AtStripe, held: Held, price: WantedPrice | null) {
  const { item, raw } = held;
  const at = live.trialEnd && live.status === 'trialing' ? live.trialEnd : live.currentPeriodEnd;
  if (raw.schedule && at) return regularInvoice(stripe, held, price, at);
  const preview = await callStripe(() =>
    stripe.invoices.createPreview({
      subscription: live.stripeSubscriptionId,
      ...(price
        ? {
            subscription_details: {
              items: [{ id: item.id, quantity: item.quantity, ...priceParams(price) }],
              proration_behavior: 'none',
              ...stays(raw),
            },
          }
        : {}),
    }),
  );
  return toRenewal(preview, at);
}

/** An invoice of whole periods from `at` on: all items, this price for the plan's, and the discounts that then still hold. */
export async function regularInvoice(
  stripe: Stripe,
  { item, raw }: Held,
  price: WantedPrice | null,
  at: Date,
) {
  // By their coupons: a discount can only be named on its own object, and this invoice is of none (the types at
  // `createPreview`, discounts). A preview redeems nothing.
  const discounts = raw.discounts.flatMap((one) => {
    if (typeof one === 'string' || (one.end !== null && one.end <= toUnix(at))) return [];
    const { coupon } = one.source;
    return coupon ? [{ coupon: typeof coupon === 'string' ? coupon : coupon.id }] : [];
  });
  const preview = await callStripe(() =>
    stripe.invoices.createPreview({
      customer: typeof raw.customer === 'string' ? raw.customer : raw.customer.id,
      automatic_tax: { enabled: raw.automatic_tax.enabled },
      ...(discounts.length > 0 ? { discounts } : {}),
      subscription_details: {
        items: raw.items.data.map((one) => ({
          quantity: one.quantity ?? 1,
          ...(price && one.id === item.id ? priceParams(price) : priceAgain(one.price)),
        })),
      },
    }),
  );
  return toRenewal(preview, at);
}

/** A price that is held already; one that was archived since is refused by its id in a new place (stripe.md D25). */
const priceAgain = ({ id, active, currency, product, unit_amount, tax_behavior, recurring }: Stripe.Price) =>
  active || unit_amount === null || !recurring
    ? { price: id }
    : {
        price_data: {
          currency,
          product: typeof product === 'string' ? product : product.id,
          unit_amount,
          ...(tax_behavior ? { tax_behavior } : {}),
          recurring: { interval: recurring.interval, interval_count: recurring.interval_count },
        },
      };

const toRenewal = (preview: Stripe.Invoice, at: Date | null) => ({
  preview,
  date: at?.toISOString() ?? null,
});
