import type Stripe from 'stripe';
import type { Db } from '@/db/client';
import type { ChangeKind } from '@/lib/billing/plans/compare';
import type { Money } from '@/lib/money';
import { callStripe } from '@/lib/stripe/client';
import { changeParams, priceParams, type WantedPrice } from '@/lib/stripe/parameters';
import { fromUnix, toUnix } from '@/lib/time';
import type { AtStripe } from './cancellation';
import { type ChangeRequest, decideChange, findPlanItem, type Held, toChange } from './change-plan';

export type ChangePreview = {
  kind: ChangeKind;
  effectiveAt: string;
  dueNow: Money;
  nextInvoice: Money & { date: string | null };
  lines: { description: string; amount: number; proration: boolean }[];
  /** What the lines come to: after discounts, then tax, then both; `balance` is what the customer's credit pays of it. */
  totals: { net: number; tax: number; total: number; balance: number } | null;
  /** What waits for the period's end and goes with the change: a cancellation, or another change. */
  takesBack: 'cancellation' | 'change' | null;
  /** Hand it to the change within 15 minutes, and it costs what the preview said. */
  prorationDate: number | null;
};

/**
 * What a change would cost, from Stripe's own preview: an error is an error, never 0. Writes nothing.
 * @throws NoActiveSubscription, TierNotFound, TierNotSelfService, StripePriceNotConfigured, PayFirst, StripeRefused,
 *   StripeUnavailable; for an agreed price ValidationFailed on `unitAmount` and TierNotPushed
 */
export async function previewChange(
  db: Db,
  stripe: Stripe,
  request: Omit<ChangeRequest, 'actor'>,
): Promise<ChangePreview> {
  const { live, target, price, plan } = await decideChange(db, request);
  const none = { amount: 0, currency: live.currency };
  const held = await findPlanItem(db, stripe, live);
  const { raw } = held;
  const base = {
    kind: plan.kind,
    effectiveAt: plan.effectiveAt.toISOString(),
    prorationDate: null,
    takesBack: takenBack(raw, plan.kind),
  };
  if (plan.kind === 'none') {
    // Nothing changes, a cancellation neither: after it there is no invoice.
    const nextInvoice =
      raw.cancel_at === null
        ? (await renewalPreview(stripe, live, held, null)).invoice
        : { ...none, date: null };
    return { ...base, dueNow: none, nextInvoice, lines: [], totals: null };
  }
  if (plan.when === 'period_end' || live.status === 'trialing') {
    const renewal = await renewalPreview(stripe, live, held, price);
    return {
      ...base,
      dueNow: none,
      nextInvoice: renewal.invoice,
      lines: [{ description: target.name, amount: price.unitAmount * held.item.quantity, proration: false }],
      totals: renewal.totals,
    };
  }
  const change = toChange(held, live, price, toUnix(request.now));
  const preview = await callStripe(() =>
    stripe.invoices.createPreview({
      subscription: live.stripeSubscriptionId,
      subscription_details: { ...changeParams(change), ...stays(raw) },
    }),
  );
  const renewal = change.restarts
    ? await regularInvoice(stripe, held, price, furthestEnd(preview))
    : await renewalPreview(stripe, live, held, price);
  return {
    ...base,
    dueNow: { amount: preview.amount_due, currency: preview.currency.toUpperCase() },
    nextInvoice: renewal.invoice,
    lines: preview.lines.data.map((line) => ({
      description: line.description ?? '',
      amount: line.amount,
      proration:
        line.parent?.subscription_item_details?.proration ??
        line.parent?.invoice_item_details?.proration ??
        false,
    })),
    totals: totalsOf(preview),
    prorationDate: change.restarts ? null : (change.prorationDate ?? null),
  };
}

/** While a schedule is attached there is no cancellation (stripe.md 42); where nothing changes, it stays. */
function takenBack(raw: Stripe.Subscription, kind: ChangeKind): ChangePreview['takesBack'] {
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

/** Where the furthest regular line of an invoice ends: then comes the next. */
const furthestEnd = (invoice: Stripe.Invoice): Date =>
  fromUnix(Math.max(...invoice.lines.data.filter((line) => line.amount >= 0).map((line) => line.period.end)));

/**
 * The next invoice at the period's end, with another price if a change is asked about. A subscription on a schedule is
 * previewed as the schedule will make it, which the change drops first: its next invoice is asked for by itself (stripe.md D61).
 */
async function renewalPreview(stripe: Stripe, live: AtStripe, held: Held, price: WantedPrice | null) {
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
async function regularInvoice(stripe: Stripe, { item, raw }: Held, price: WantedPrice | null, at: Date) {
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
  invoice: {
    amount: preview.amount_due,
    currency: preview.currency.toUpperCase(),
    date: at?.toISOString() ?? null,
  },
  totals: totalsOf(preview),
});
