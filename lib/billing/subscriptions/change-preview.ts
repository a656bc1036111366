import type Stripe from 'stripe';
import type { Db } from '@/db/client';
import type { ChangeKind } from '@/lib/billing/plans/compare';
import type { Tier } from '@/lib/billing/plans/tiers';
import type { Money } from '@/lib/money';
import { callStripe } from '@/lib/stripe/client';
import { addMonths, toUnix } from '@/lib/time';
import type { AtStripe } from './cancellation';
import { type ChangeRequest, type ChosenPrice, decideChange, findPlanItem, toStripe } from './change-plan';

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
 * @throws NoActiveSubscription, TierNotFound, TierNotSelfService, StripePriceNotConfigured, StripeUnavailable; for an agreed
 *   price ValidationFailed on `unitAmount` and TierNotPushed
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
    effectiveAt: plan.effectiveAt.toISOString(),
    prorationDate: null,
    takesBack: takenBack(raw, plan.kind),
  };
  if (plan.kind === 'none') {
    // Nothing changes, a cancellation neither: after it there is no invoice.
    const nextInvoice =
      raw.cancel_at === null ? (await renewalPreview(stripe, live, null)).invoice : { ...none, date: null };
    return { ...base, dueNow: none, nextInvoice, lines: [], totals: null };
  }
  const change = { item: item.id, price, stays: stays(raw) };
  if (plan.when === 'period_end' || live.status === 'trialing') {
    const renewal = await renewalPreview(stripe, live, change);
    return {
      ...base,
      dueNow: none,
      nextInvoice: renewal.invoice,
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
    dueNow: { amount: preview.amount_due, currency: preview.currency.toUpperCase() },
    nextInvoice: resets
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
    prorationDate,
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
