import { z } from 'zod';
import { divideHalfEven } from '@/lib/money';
import { fromUnix } from '@/lib/time';
import { discountShape, readDiscount } from './discount-snapshot';
import { readInvoice } from './invoice-snapshot';
import { invoiceTaxShape } from './invoice-tax';
import { readMarks } from './metadata';
import { date, metadata, reference, seconds } from './shapes';

const recurring = z
  .object({ interval: z.enum(['day', 'week', 'month', 'year']), interval_count: z.number().default(1) })
  .nullish();
const price = z.object({
  id: z.string(),
  product: reference.nullish(),
  unit_amount: z.number().nullish(),
  // A Decimal when retrieved, a string in expanded objects and events (stripe.md 52).
  unit_amount_decimal: z.unknown(),
  currency: z.string().optional(),
  recurring,
});

const itemShape = z.object({
  id: z.string(),
  price,
  quantity: z.number().nullish(),
  current_period_start: seconds.nullish(),
  current_period_end: seconds.nullish(),
  metadata,
});

const phaseShape = z.object({
  start_date: seconds,
  end_date: seconds,
  items: z.array(z.object({ price: z.union([z.string(), price]), quantity: z.number().nullish() })),
});
const scheduleShape = z.object({
  id: z.string(),
  status: z.string(),
  current_phase: z.object({ start_date: seconds, end_date: seconds }).nullish(),
  phases: z.array(phaseShape),
});

const subscriptionShape = z.object({
  id: z.string(),
  customer: reference,
  status: z.string(),
  created: seconds,
  start_date: seconds.nullish(),
  currency: z.string(),
  metadata,
  livemode: z.boolean().default(false),
  items: z.object({ data: z.array(itemShape), has_more: z.boolean().default(false) }),
  current_period_start: seconds.nullish(),
  current_period_end: seconds.nullish(),
  billing_cycle_anchor: seconds,
  trial_end: seconds.nullish(),
  cancel_at: seconds.nullish(),
  cancel_at_period_end: z.boolean().default(false),
  canceled_at: seconds.nullish(),
  ended_at: seconds.nullish(),
  cancellation_details: z
    .object({ comment: z.string().nullish(), feedback: z.string().nullish(), reason: z.string().nullish() })
    .nullish(),
  pause_collection: z.object({}).nullish(),
  automatic_tax: invoiceTaxShape.automatic_tax,
  schedule: z.union([z.string(), scheduleShape]).nullish(),
  discount: discountShape.nullish(),
  discounts: z.array(discountShape).nullish(),
  pending_update: z.object({ expires_at: seconds }).nullish(),
  latest_invoice: z.union([z.string(), z.object({ id: z.string() }).loose()]).nullish(),
});

/** A subscription as we read it, of any API version. */
export type SubscriptionSnapshot = ReturnType<typeof readSubscription>;
export type ItemSnapshot = SubscriptionSnapshot['items'][number];
/** A price of a phase; what only Stripe knows is null where it was named and not told. */
export type PhasePrice = ReturnType<typeof readPhasePrice>;

/** What a tier calls it: a year or, for all that is billed more often, a month. */
const tierInterval = (of: z.infer<typeof recurring>): 'month' | 'year' =>
  of?.interval === 'year' ? 'year' : 'month';

/** As Stripe bills it: an imported price may be of every second week. */
const billed = (
  of: z.infer<typeof recurring>,
): { interval: 'day' | 'week' | 'month' | 'year'; count: number } => ({
  interval: of?.interval ?? 'month',
  count: of?.interval_count ?? 1,
});

/** What one unit costs, in whole minor units: a price of parts of a cent is rounded, half to even. Null where none is told. */
function amountOf({ unit_amount, unit_amount_decimal: exact }: z.infer<typeof price>): number | null {
  if (unit_amount != null) return unit_amount;
  const parts = exact == null ? Number.NaN : Math.round(Number(String(exact)) * 1_000_000);
  return Number.isFinite(parts) ? divideHalfEven(parts, 1_000_000) : null;
}

/** Reads a subscription object of any API version. Throws a ZodError that names what is missing. */
export function readSubscription(raw: unknown) {
  const from = subscriptionShape.parse(raw);
  const items = from.items.data.map((item) => {
    const start = item.current_period_start ?? from.current_period_start;
    const end = item.current_period_end ?? from.current_period_end;
    return {
      id: item.id,
      priceId: item.price.id,
      productId: item.price.product ?? null,
      unitAmount: amountOf(item.price) ?? 0,
      interval: tierInterval(item.price.recurring),
      recurring: billed(item.price.recurring),
      quantity: item.quantity ?? 1,
      periodStart: start == null ? null : fromUnix(start),
      periodEnd: end == null ? null : fromUnix(end),
      marks: item.metadata ?? {},
    };
  });
  const discountsRaw = from.discounts ?? (from.discount ? [from.discount] : []);
  const discounts = discountsRaw.map(readDiscount);
  const ends = items.flatMap((item) => (item.periodEnd ? [item.periodEnd] : [])).sort((a, b) => +a - +b);
  const schedule = from.schedule ?? null;
  const invoice = from.latest_invoice ?? null;
  return {
    id: from.id,
    customerId: from.customer,
    status: from.status,
    createdAt: fromUnix(from.created),
    startedAt: fromUnix(from.start_date ?? from.created),
    currency: from.currency.toUpperCase(),
    marks: readMarks(from.metadata),
    items,
    anchorAt: fromUnix(from.billing_cycle_anchor),
    trialEnd: date(from.trial_end),
    // cancel_at_period_end follows the earliest item period (stripe.md 15).
    cancelAt: date(from.cancel_at) ?? (from.cancel_at_period_end ? (ends[0] ?? null) : null),
    cancelAtPeriodEnd: from.cancel_at_period_end,
    cancelReason: from.cancellation_details?.comment || from.cancellation_details?.feedback || null,
    canceledAt: date(from.canceled_at),
    endedAt: date(from.ended_at),
    pausedCollection: from.pause_collection != null,
    automaticTax: from.automatic_tax?.enabled ?? false,
    taxDisabledReason: from.automatic_tax?.disabled_reason ?? null,
    scheduleId: schedule === null ? null : typeof schedule === 'string' ? schedule : schedule.id,
    // Undefined when the schedule was not expanded.
    nextPhase: schedule === null ? null : typeof schedule === 'string' ? undefined : readNextPhase(schedule),
    discounts: discounts.filter((discount) => discount !== undefined),
    pendingUntil: date(from.pending_update?.expires_at),
    latestInvoice:
      invoice !== null && typeof invoice === 'object' && 'lines' in invoice ? readInvoice(invoice) : null,
    // False when something the sync needs was only named, not told.
    isWhole:
      !from.items.has_more &&
      typeof schedule !== 'string' &&
      !discounts.includes(undefined) &&
      (from.pending_update == null || typeof invoice === 'object'),
  };
}

function readNextPhase(schedule: z.infer<typeof scheduleShape>) {
  if (schedule.status !== 'active' && schedule.status !== 'not_started') return null;
  const after = schedule.current_phase?.end_date;
  const next = schedule.phases.find((phase) => (after === undefined ? true : phase.start_date >= after));
  return next
    ? { at: fromUnix(next.start_date), prices: next.items.map((item) => readPhasePrice(item.price)) }
    : null;
}

function readPhasePrice(raw: z.infer<typeof phaseShape>['items'][number]['price']) {
  if (typeof raw === 'string') return { priceId: raw, productId: null, unitAmount: null, interval: null };
  return {
    priceId: raw.id,
    productId: raw.product ?? null,
    unitAmount: amountOf(raw),
    interval: tierInterval(raw.recurring),
  };
}
