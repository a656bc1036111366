import type Stripe from 'stripe';
import type { Decision, TreatmentReason } from '@/lib/vat/treatment';
import { isCharged } from './tax';

/** An invoice to come, minor units: `subtotal` − `discount` + `tax` = `total`, and less `balanceApplied` = `amountDue`. */
export type ForeseenBill = {
  currency: string;
  subtotal: number;
  /** Off the whole invoice; what is off one line is off the subtotal already. */
  discount: number;
  /** What comes on top; tax that prices include is within the subtotal. */
  tax: number;
  total: number;
  /** Paid by the customer's credit balance; negative: put on it, or owed on it from before. */
  balanceApplied: number;
  amountDue: number;
  /** Why it is taxed so, as we decided; null where Stripe taxes otherwise (we are not registered there). */
  taxReason: TreatmentReason | null;
  /** Stripe's own word for it (`taxability_reason`): of several, the one that says why there is none. */
  taxability: string | null;
};

/**
 * What Stripe's preview says of an invoice, and why it is taxed so. The discount is what the sum leaves for it: Stripe's
 * `total_discount_amounts` counts that of an item again (the types at `Invoice.subtotal`). Pure.
 */
export function foreseenBill(
  preview: Stripe.Invoice,
  decision: Pick<Decision, 'treatment' | 'reason'>,
): ForeseenBill {
  const { subtotal, total, amount_due: amountDue } = preview;
  const taxes = preview.total_taxes ?? [];
  const tax = taxes.reduce((sum, one) => sum + (one.tax_behavior === 'exclusive' ? one.amount : 0), 0);
  const anyTax = taxes.some(({ amount }) => amount !== 0);
  const reasons = taxes.map((one): string => one.taxability_reason);
  const agrees = total - tax === 0 || anyTax === isCharged(decision.treatment);
  return {
    currency: preview.currency.toUpperCase(),
    subtotal,
    discount: subtotal + tax - total,
    tax,
    total,
    balanceApplied: total - amountDue,
    amountDue,
    taxReason: agrees ? decision.reason : null,
    taxability: reasons.find((reason) => reason !== 'standard_rated') ?? reasons[0] ?? null,
  };
}

/** Nothing to pay. Pure. */
export const nothingDue = (currency: string, { reason }: Pick<Decision, 'reason'>): ForeseenBill => ({
  currency,
  subtotal: 0,
  discount: 0,
  tax: 0,
  total: 0,
  balanceApplied: 0,
  amountDue: 0,
  taxReason: reason,
  taxability: null,
});
