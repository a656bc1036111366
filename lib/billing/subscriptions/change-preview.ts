import type Stripe from 'stripe';
import type { Db } from '@/db/client';
import type { ChangeKind } from '@/lib/billing/plans/compare';
import {
  type ChangeRequest,
  decideChange,
  findPlanItem,
  toChange,
} from '@/lib/billing/subscriptions/change-plan';
import type { Money } from '@/lib/money';
import { callStripe } from '@/lib/stripe/client';
import { leftOut } from '@/lib/stripe/invoice-snapshot';
import { changeParams } from '@/lib/stripe/parameters';
import { toUnix } from '@/lib/time';
import { furthestEnd, regularInvoice, renewalPreview, stays, totalsOf } from './renewal-preview';

export type ChangePreview = {
  kind: ChangeKind;
  effectiveAt: string;
  dueNow: Money;
  nextInvoice: Money & { date: string | null };
  lines: { description: string; amount: number; proration: boolean }[];
  /** What further lines come to that Stripe's answer leaves out; null when `lines` are all. */
  linesLeftOut: number | null;
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
    return { ...base, dueNow: none, nextInvoice, lines: [], linesLeftOut: null, totals: null };
  }
  if (plan.when === 'period_end' || live.status === 'trialing') {
    const renewal = await renewalPreview(stripe, live, held, price);
    return {
      ...base,
      dueNow: none,
      nextInvoice: renewal.invoice,
      lines: [{ description: target.name, amount: price.unitAmount * held.item.quantity, proration: false }],
      linesLeftOut: null,
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
    linesLeftOut: leftOut(preview),
    totals: totalsOf(preview),
    prorationDate: change.restarts ? null : (change.prorationDate ?? null),
  };
}

/** While a schedule is attached there is no cancellation (stripe.md 42); where nothing changes, it stays. */
function takenBack(raw: Stripe.Subscription, kind: ChangeKind): ChangePreview['takesBack'] {
  if (raw.schedule) return 'change';
  return raw.cancel_at !== null && kind !== 'none' ? 'cancellation' : null;
}
