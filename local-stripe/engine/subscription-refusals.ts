/** What a change of a subscription may not ask. https://docs.stripe.com/api/subscriptions/update */
import type { App } from '../app';
import { invalid, lacking } from '../errors';
import { setCancellation } from '../records/cancellation';
import type { UpdateGiven } from '../records/subscription-params';
import { ENDED, periodEnd } from '../records/subscriptions';
import { idsOf, ratesNamed, refuseBoth } from '../records/tax-rates';
import { refuseTax, refuseTaxOf } from '../records/tax-refusals';
import type { Subscription } from '../types';
import { refusePending } from './pending-refusals';

/** Automatic tax turned on, or kept for prices that come new (stripe.md D18, D20, F11). */
function refuseTaxChange(app: App, sub: Subscription, given: UpdateGiven): void {
  const enabled = given.automatic_tax?.enabled ?? sub.automatic_tax.enabled;
  refuseBoth({
    automatic_tax: { ...sub.automatic_tax, enabled },
    default_tax_rates:
      ratesNamed(app, given.default_tax_rates, 'default_tax_rates', idsOf(sub.default_tax_rates)) ??
      sub.default_tax_rates,
    items: sub.items.map((item) => {
      const at = given.items?.findIndex((one) => one.id === item.id) ?? -1;
      const rates = ratesNamed(
        app,
        given.items?.[at]?.tax_rates,
        `items[${at}][tax_rates]`,
        idsOf(item.tax_rates),
      );
      return rates ? { ...item, tax_rates: rates } : item;
    }),
  });
  const ids = (given.items ?? []).map((item) => item.price ?? item.plan);
  if (given.automatic_tax?.enabled) ids.push(...sub.items.map((item) => item.price));
  const prices = ids.map((id) => app.store.get('prices', id)).filter((price) => price !== undefined);
  if (!enabled) return;
  if (given.automatic_tax?.enabled) refuseTaxOf(app, app.need('customers', sub.customer, 'customer'), prices);
  else if (prices.length > 0) refuseTax(app, prices);
}

/** What can be refused is refused before anything is written. */
export function refuseUpdate(app: App, sub: Subscription, given: UpdateGiven): void {
  if (ENDED.includes(sub.status)) {
    const allowed = new Set(['metadata', 'cancellation_details', 'expand']);
    const other = Object.keys(given).find((key) => !allowed.has(key));
    if (other)
      throw invalid(
        'A canceled subscription can only update its cancellation_details and metadata.',
        other,
        'invalid_canceled_subscription_fields',
      );
  }
  const cancels = given.cancel_at_period_end !== undefined || given.cancel_at !== undefined;
  // While a schedule is attached it owns the end (stripe.md 42).
  if (sub.schedule && cancels) {
    throw invalid(
      `The subscription is managed by the subscription schedule \`${sub.schedule}\`, and updating any cancelation behavior directly is not allowed. Please update the schedule instead.`,
      given.cancel_at !== undefined ? 'cancel_at' : 'cancel_at_period_end',
    );
  }
  if (cancels) setCancellation(app, structuredClone(sub), given.cancel_at_period_end, given.cancel_at);
  if (given.payment_behavior === 'pending_if_incomplete') refusePending(app, sub, given);
  if (given.proration_date !== undefined)
    refuseProrationDate(app, sub, {
      date: given.proration_date,
      behavior: given.proration_behavior,
      anchor: given.billing_cycle_anchor?.type,
      param: 'proration_date',
    });
  refuseTaxChange(app, sub, given);
  refuseDaysUntilDue(
    given.collection_method ?? sub.collection_method,
    given.days_until_due,
    sub.days_until_due,
  );
  if (typeof given.trial_end === 'number' && given.trial_end <= app.now)
    throw invalid('Invalid timestamp: must be an integer Unix timestamp in the future.', 'trial_end');
}

/** Who is sent invoices is told when to pay; who is charged is not (stripe.md D56). */
export function refuseDaysUntilDue(
  method: string | undefined,
  given: number | undefined,
  known: number | null = null,
): void {
  if (method === 'send_invoice' && given === undefined && known === null) throw lacking('days_until_due');
  if (method !== 'send_invoice' && given !== undefined)
    throw invalid('`days_until_due` goes with `collection_method=send_invoice` only.', 'days_until_due');
}

/**
 * A date of proration lies in the current period (and phase), is not given where nothing is prorated (stripe.md D51), and
 * never beside `billing_cycle_anchor: {type: 'now'}` (stripe.md 53).
 */
export function refuseProrationDate(
  app: App,
  sub: Subscription,
  given: { date: number; behavior: string | undefined; anchor: string | undefined; param: string },
): void {
  if (given.anchor === 'now')
    throw invalid('A proration date cannot go with a billing cycle anchor of now.', given.param);
  if (given.behavior === 'none')
    throw invalid('A proration date cannot go with a proration behavior of `none`.', given.param);
  const phase = app.store.get('schedules', sub.schedule)?.current_phase;
  const from = Math.min(...sub.items.map((item) => item.current_period_start));
  const to = periodEnd(sub, 'max');
  if (
    given.date < Math.max(from, phase?.start_date ?? from) ||
    given.date > Math.min(to, phase?.end_date ?? to)
  )
    throw invalid('The proration date must lie in the current period of the subscription.', given.param);
}
