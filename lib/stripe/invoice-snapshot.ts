import { z } from 'zod';
import { fromUnix } from '@/lib/time';
import { invoiceTaxShape, readInvoiceTax } from './invoice-tax';
import { readMarks } from './metadata';
import { date, metadata, reference, seconds } from './shapes';

const lineShape = z.object({
  id: z.string(),
  amount: z.number(),
  description: z.string().nullish(),
  quantity: z.number().nullish(),
  proration: z.boolean().nullish(),
  period: z.object({ start: seconds, end: seconds }),
  price: z.object({ id: z.string() }).nullish(),
  pricing: z.object({ price_details: z.object({ price: reference.nullish() }).nullish() }).nullish(),
  parent: z
    .object({
      subscription_item_details: z
        .object({ proration: z.boolean().nullish(), subscription: z.string().nullish() })
        .nullish(),
      invoice_item_details: z
        .object({ proration: z.boolean().nullish(), subscription: z.string().nullish() })
        .nullish(),
    })
    .nullish(),
});

const paymentError = z
  .object({ code: z.string().nullish(), decline_code: z.string().nullish(), message: z.string().nullish() })
  .nullish();
const paymentShape = z.object({
  payment: z
    .object({
      payment_intent: z
        .union([
          z.string(),
          z
            .object({ id: z.string(), status: z.string().nullish(), last_payment_error: paymentError })
            .loose(),
        ])
        .nullish(),
      charge: reference.nullish(),
    })
    .nullish(),
});

const invoiceShape = z.object({
  id: z.string(),
  customer: reference.nullish(),
  status: z.string().nullish(),
  number: z.string().nullish(),
  billing_reason: z.string().nullish(),
  created: seconds,
  currency: z.string(),
  subtotal: z.number(),
  total: z.number(),
  tax: z.number().nullish(),
  total_taxes: z.array(z.object({ amount: z.number(), taxability_reason: z.string().nullish() })).nullish(),
  ...invoiceTaxShape,
  amount_due: z.number(),
  amount_paid: z.number(),
  attempt_count: z.number().default(0),
  attempted: z.boolean().default(false),
  next_payment_attempt: seconds.nullish(),
  due_date: seconds.nullish(),
  hosted_invoice_url: z.string().nullish(),
  invoice_pdf: z.string().nullish(),
  metadata,
  livemode: z.boolean().default(false),
  subscription: reference.nullish(),
  parent: z
    .object({
      subscription_details: z.object({ subscription: reference.nullish(), metadata }).nullish(),
    })
    .nullish(),
  subscription_details: z.object({ metadata }).nullish(),
  post_payment_credit_notes_amount: z.number().nullish(),
  pre_payment_credit_notes_amount: z.number().nullish(),
  status_transitions: z.object({ finalized_at: seconds.nullish(), paid_at: seconds.nullish() }).nullish(),
  lines: z.object({ data: z.array(lineShape), has_more: z.boolean().default(false) }),
  payments: z.object({ data: z.array(paymentShape) }).nullish(),
  payment_intent: reference.nullish(),
  charge: reference.nullish(),
});

/** An invoice as we read it, of any API version. */
export type InvoiceSnapshot = ReturnType<typeof readInvoice>;

/** What the lines come to that an answer leaves out, which holds ten (https://docs.stripe.com/api/invoices/object, lines); null when it holds all. */
export const leftOut = ({
  lines,
  subtotal,
}: {
  lines: { data: { amount: number }[]; has_more: boolean };
  subtotal: number;
}): number | null =>
  lines.has_more ? lines.data.reduce((rest, line) => rest - line.amount, subtotal) : null;

/** Reads an invoice object of any API version. The paid period is on its lines, never on the invoice (stripe.md 26). */
export function readInvoice(raw: unknown) {
  const from = invoiceShape.parse(raw);
  const lines = from.lines.data.map((line) => ({
    id: line.id,
    description: line.description ?? '',
    amount: line.amount,
    quantity: line.quantity ?? 1,
    priceId: line.pricing?.price_details?.price ?? line.price?.id ?? null,
    proration:
      line.parent?.subscription_item_details?.proration ??
      line.parent?.invoice_item_details?.proration ??
      line.proration ??
      false,
    periodStart: line.period.start,
    periodEnd: line.period.end,
  }));
  const lineSubscription = from.lines.data
    .map(
      (line) =>
        line.parent?.subscription_item_details?.subscription ??
        line.parent?.invoice_item_details?.subscription,
    )
    .find((id) => id != null);
  // The period of the furthest regular line; credits come first among the lines (stripe.md 22).
  const period = lines
    .filter((line) => line.amount >= 0)
    .reduce<(typeof lines)[number] | null>(
      (best, line) => (best && best.periodEnd >= line.periodEnd ? best : line),
      null,
    );
  const intents = (from.payments?.data ?? []).flatMap((entry) => entry.payment?.payment_intent ?? []);
  const lastIntent = intents.at(-1);
  const references = [
    ...(from.payments?.data ?? []).flatMap((entry) => [
      ...(typeof entry.payment?.payment_intent === 'string' ? [entry.payment.payment_intent] : []),
      ...(entry.payment?.charge ? [entry.payment.charge] : []),
    ]),
    ...intents.flatMap((intent) => (typeof intent === 'object' ? [intent.id] : [])),
    ...(from.payment_intent ? [from.payment_intent] : []),
    ...(from.charge ? [from.charge] : []),
  ];
  return {
    id: from.id,
    customerId: from.customer ?? null,
    subscriptionId:
      from.parent?.subscription_details?.subscription ?? from.subscription ?? lineSubscription ?? null,
    marks:
      readMarks(from.parent?.subscription_details?.metadata) ??
      readMarks(from.subscription_details?.metadata) ??
      readMarks(from.metadata),
    status: from.status ?? 'draft',
    number: from.number ?? null,
    billingReason: from.billing_reason ?? null,
    createdAt: fromUnix(from.created),
    currency: from.currency.toUpperCase(),
    subtotal: from.subtotal,
    tax: from.total_taxes ? from.total_taxes.reduce((sum, tax) => sum + tax.amount, 0) : (from.tax ?? 0),
    taxation: readInvoiceTax(from),
    total: from.total,
    amountDue: from.amount_due,
    amountPaid: from.amount_paid,
    credited: (from.post_payment_credit_notes_amount ?? 0) + (from.pre_payment_credit_notes_amount ?? 0),
    // A first payment that waits for 3-D Secure was attempted, and is counted as none (stripe.md F1).
    attemptCount: Math.max(from.attempt_count, from.attempted && from.status === 'open' ? 1 : 0),
    nextAttemptAt: date(from.next_payment_attempt),
    finalizedAt: date(from.status_transitions?.finalized_at),
    paidAt: date(from.status_transitions?.paid_at),
    dueAt: date(from.due_date),
    hostedInvoiceUrl: from.hosted_invoice_url ?? null,
    invoicePdf: from.invoice_pdf ?? null,
    periodStart: period ? fromUnix(period.periodStart) : null,
    periodEnd: period ? fromUnix(period.periodEnd) : null,
    lines,
    // Payment intents and charges that paid it or tried to.
    paymentReferences: [...new Set(references)],
    failure: readFailure(lastIntent),
    isWhole: !from.lines.has_more,
  };
}

type Intent = NonNullable<NonNullable<z.infer<typeof paymentShape>['payment']>['payment_intent']>;

/** Why the last payment failed; undefined when the payments were not told. */
function readFailure(intent: Intent | undefined) {
  if (intent === undefined || typeof intent === 'string') return undefined;
  if (intent.status === 'requires_action') return { code: 'authentication_required', message: null };
  const error = intent.last_payment_error;
  if (!error) return null;
  return { code: error.decline_code ?? error.code ?? 'card_declined', message: error.message ?? null };
}
