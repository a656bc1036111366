import type Stripe from 'stripe';
import type { Db } from '@/db/client';
import { getCustomer } from '@/lib/billing/customers/customers';
import { type ForeseenBill, foreseenBill, nothingDue } from '@/lib/billing/customers/foreseen-bill';
import { decideTax, type TaxRules } from '@/lib/billing/customers/tax';
import type { ChangeKind } from '@/lib/billing/plans/compare';
import {
  type ChangeRequest,
  decideChange,
  findPlanItem,
  toChange,
} from '@/lib/billing/subscriptions/change-plan';
import { callStripe } from '@/lib/stripe/client';
import { leftOut } from '@/lib/stripe/invoice-snapshot';
import { changeParams } from '@/lib/stripe/parameters';
import { toUnix } from '@/lib/time';
import { furthestEnd, regularInvoice, renewalPreview, stays } from './renewal-preview';

/** A bill to come; `amount` is its `amountDue`. */
type Bill = ForeseenBill & { amount: number };

export type ChangePreview = {
  kind: ChangeKind;
  effectiveAt: string;
  dueNow: Bill;
  nextInvoice: Bill & { date: string | null };
  lines: { description: string; amount: number; proration: boolean }[];
  /** What further lines come to that Stripe's answer leaves out; null when `lines` are all. */
  linesLeftOut: number | null;
  /**
   * What the lines come to: after discounts, then tax, then both; `balance` is what the customer's credit pays of it, and
   * `taxReason` why it is taxed so.
   */
  totals: ({ net: number; balance: number } & Pick<ForeseenBill, 'tax' | 'total' | 'taxReason'>) | null;
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
  request: Omit<ChangeRequest, 'actor'> & { tax: TaxRules },
): Promise<ChangePreview> {
  const { live, target, price, plan } = await decideChange(db, request);
  const decision = decideTax(await getCustomer(db, request.account.merchantId), request.tax);
  const bill = (preview: Stripe.Invoice) => toBill(foreseenBill(preview, decision));
  const none = toBill(nothingDue(live.currency, decision));
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
    const renewal = raw.cancel_at === null ? await renewalPreview(stripe, live, held, null) : null;
    const nextInvoice = renewal ? { ...bill(renewal.preview), date: renewal.date } : { ...none, date: null };
    return { ...base, dueNow: none, nextInvoice, lines: [], linesLeftOut: null, totals: null };
  }
  if (plan.when === 'period_end' || live.status === 'trialing') {
    const renewal = await renewalPreview(stripe, live, held, price);
    const nextInvoice = { ...bill(renewal.preview), date: renewal.date };
    return {
      ...base,
      dueNow: none,
      nextInvoice,
      lines: [{ description: target.name, amount: price.unitAmount * held.item.quantity, proration: false }],
      linesLeftOut: null,
      totals: totalsOf(nextInvoice),
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
  const dueNow = bill(preview);
  return {
    ...base,
    dueNow,
    nextInvoice: { ...bill(renewal.preview), date: renewal.date },
    lines: preview.lines.data.map((line) => ({
      description: line.description ?? '',
      amount: line.amount,
      proration:
        line.parent?.subscription_item_details?.proration ??
        line.parent?.invoice_item_details?.proration ??
        false,
    })),
    linesLeftOut: leftOut(preview),
    totals: totalsOf(dueNow),
    prorationDate: change.restarts ? null : (change.prorationDate ?? null),
  };
}

const toBill = (bill: ForeseenBill): Bill => ({ ...bill, amount: bill.amountDue });

const totalsOf = ({ subtotal, discount, tax, total, balanceApplied, taxReason }: ForeseenBill) => ({
  net: subtotal - discount,
  tax,
  total,
  balance: Math.max(0, balanceApplied),
  taxReason,
});

/** While a schedule is attached there is no cancellation (stripe.md 42); where nothing changes, it stays. */
function takenBack(raw: Stripe.Subscription, kind: ChangeKind): ChangePreview['takesBack'] {
  if (raw.schedule) return 'change';
  return raw.cancel_at !== null && kind !== 'none' ? 'cancellation' : null;
}
