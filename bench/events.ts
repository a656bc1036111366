import { createHmac } from 'node:crypto';
import { customerId, isPaying, subscriptionId } from './data';

/** Subscriptions that events are about, so that neighbours are never of one subscription. */
const SPREAD = 5000;
const numbers = Array.from({ length: SPREAD }, (_, index) => index + 1).filter(isPaying);

/**
 * Fresh `customer.subscription.updated` events of some 4 KB, each strictly newer than the one before of its subscription
 * and each changing it: the cancellation is set and taken back in turns.
 */
export function eventMaker(prefix: string, merchants = SPREAD) {
  const usable = merchants >= SPREAD ? numbers : numbers.filter((number) => number <= merchants);
  const first = Math.floor(Date.now() / 1000) - 500_000;
  let count = 0;
  return (): string => {
    const number = usable[count % usable.length] ?? 1;
    const turn = Math.floor(count / usable.length);
    count++;
    return makeEvent(`evt_${prefix}_${count}`, number, first + turn, turn % 2 === 0);
  };
}

function makeEvent(id: string, number: number, created: number, cancels: boolean): string {
  const day = 86_400;
  const midnight = Math.floor(Date.now() / 1000 / day) * day;
  const start = midnight - (number % 28) * day;
  // The same instants as the generated rows: `month` of data.ts and a month later.
  const end = Math.floor(addMonth(new Date(start * 1000)).getTime() / 1000);
  const tier = ['essential', 'professional', 'business'][number % 3];
  const priceId = `price_tpr_market_${tier}_month`;
  const price = {
    id: priceId,
    object: 'price',
    active: true,
    billing_scheme: 'per_unit',
    created: 1_700_000_000,
    currency: 'eur',
    custom_unit_amount: null,
    livemode: false,
    lookup_key: `market:${tier}:month:eur`,
    metadata: {},
    nickname: null,
    product: `prod_tier_market_${tier}`,
    recurring: { interval: 'month', interval_count: 1, meter: null, usage_type: 'licensed' },
    tax_behavior: 'exclusive',
    tiers_mode: null,
    transform_quantity: null,
    type: 'recurring',
    unit_amount: 4900,
    unit_amount_decimal: '4900',
  };
  const item = {
    id: `si_b${number}`,
    object: 'subscription_item',
    created: 1_750_000_000,
    current_period_start: start,
    current_period_end: end,
    discounts: [],
    metadata: {},
    price,
    quantity: 1,
    subscription: subscriptionId(number),
    tax_rates: [],
  };
  const subscription = {
    id: subscriptionId(number),
    object: 'subscription',
    application: null,
    automatic_tax: { enabled: true, liability: { type: 'self' } },
    billing_cycle_anchor: start,
    cancel_at: cancels ? end : null,
    cancel_at_period_end: cancels,
    canceled_at: cancels ? created : null,
    cancellation_details: {
      comment: null,
      feedback: null,
      reason: cancels ? 'cancellation_requested' : null,
    },
    collection_method: 'charge_automatically',
    created: 1_750_000_000,
    currency: 'eur',
    customer: customerId(number),
    days_until_due: null,
    default_payment_method: `pm_b${number}`,
    description: 'A plan of the platform, for one merchant and all of its stores. '.repeat(30),
    discounts: [],
    ended_at: null,
    items: { object: 'list', data: [item], has_more: false, total_count: 1, url: '/v1/subscription_items' },
    latest_invoice: `in_b${number}_1`,
    livemode: false,
    metadata: { merchant: `mer_b${number}`, platform: 'plt_market', tier, kind: 'plan' },
    next_pending_invoice_item_invoice: null,
    pause_collection: null,
    payment_settings: { payment_method_options: null, save_default_payment_method: 'on_subscription' },
    pending_setup_intent: null,
    pending_update: null,
    schedule: null,
    start_date: 1_750_000_000,
    status: 'active',
    transfer_data: null,
    trial_end: null,
    trial_start: null,
  };
  return JSON.stringify({
    id,
    object: 'event',
    api_version: '2026-01-28.clover',
    created,
    data: { object: subscription, previous_attributes: { cancel_at_period_end: !cancels } },
    livemode: false,
    pending_webhooks: 1,
    request: { id: null, idempotency_key: null },
    type: 'customer.subscription.updated',
  });
}

function addMonth(day: Date): Date {
  const last = new Date(Date.UTC(day.getUTCFullYear(), day.getUTCMonth() + 2, 0)).getUTCDate();
  return new Date(Date.UTC(day.getUTCFullYear(), day.getUTCMonth() + 1, Math.min(day.getUTCDate(), last)));
}

/** Stripe's signature over the body, made now. */
export function sign(body: string, secret: string): string {
  const at = Math.floor(Date.now() / 1000);
  return `t=${at},v1=${createHmac('sha256', secret).update(`${at}.${body}`).digest('hex')}`;
}
