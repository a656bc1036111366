/** A subscription as it is made. https://docs.stripe.com/api/subscriptions/object */
import type Stripe from 'stripe';
import type { App } from '../app';
import { HOUR } from '../clock';
import { invalid } from '../errors';
import type { Customer, Discount, Metadata, Price, Subscription, TaxRate, Wire } from '../types';
import type { DiscountGiven } from './discounts';
import type { Draft } from './drafts';
import { planDiscounts } from './item-discounts';
import { periodAfter, shapeItem } from './subscription-items';
import type { UpdateGiven } from './subscription-params';

export interface StartGiven {
  customer: Customer;
  items: {
    price: Price;
    quantity: number;
    metadata?: Metadata;
    discounts?: DiscountGiven[] | undefined;
    taxRates?: TaxRate[] | undefined;
  }[];
  defaultTaxRates?: TaxRate[] | undefined;
  trialEnd: number | null;
  anchor?: number | null;
  prorationBehavior?: 'create_prorations' | 'none' | 'always_invoice';
  method?: string | null;
  discounts: DiscountGiven[];
  automaticTax: boolean;
  metadata: Metadata;
  description?: string | null;
  collection?: 'charge_automatically' | 'send_invoice';
  daysUntilDue?: number | null;
  behavior: 'allow_incomplete' | 'default_incomplete' | 'error_if_incomplete';
  missingMethod?: string;
  extra?: Draft[];
  checkoutSession?: string | null;
  cancelAtPeriodEnd?: boolean | undefined;
  cancelAt?: UpdateGiven['cancel_at'];
  saveDefault?: boolean;
  mode?: 'classic' | 'flexible' | undefined;
  /** Checkout has authenticated or will collect by itself. */
  authentication?: 'passed' | undefined;
}

export function shapeSubscription(
  app: App,
  given: StartGiven,
  subId: string,
  itemId: () => string,
  discounts: Discount[],
): Subscription {
  const { now } = app;
  const trial = given.trialEnd !== null && given.trialEnd > now ? given.trialEnd : null;
  const anchor = trial ?? given.anchor ?? now;
  const currency = given.items[0]?.price.currency ?? 'eur';
  const items = given.items.map(({ price, quantity, metadata, discounts: own, taxRates }) => {
    if (price.currency !== currency)
      throw invalid('All prices on a subscription must have the same currency.', 'items');
    const end = trial ?? (given.anchor ? given.anchor : periodAfter(price, anchor, now));
    const item = shapeItem(app, subId, price, quantity, { start: now, end }, itemId(), metadata);
    item.tax_rates = taxRates ?? [];
    if (own?.length) planDiscounts(app, item, own, given.customer, [subId]);
    return item;
  });
  return {
    ...({
      id: subId,
      object: 'subscription',
      application: null,
      application_fee_percent: null,
      automatic_tax: {
        disabled_reason: null,
        enabled: given.automaticTax,
        liability: given.automaticTax ? { type: 'self' } : null,
      },
      billing_cycle_anchor: anchor,
      billing_cycle_anchor_config: null,
      billing_mode:
        given.mode === 'classic'
          ? { flexible: null, type: 'classic', updated_at: now }
          : { flexible: { proration_discounts: 'included' }, type: 'flexible', updated_at: now },
      billing_schedules: [],
      billing_thresholds: null,
      cancel_at: null,
      cancel_at_period_end: false,
      canceled_at: null,
      cancellation_details: { comment: null, feedback: null, feedback_option: null, reason: null },
      collection_method: given.collection ?? 'charge_automatically',
      created: now,
      currency,
      customer: given.customer.id,
      customer_account: null,
      days_until_due: given.collection === 'send_invoice' ? (given.daysUntilDue ?? 30) : null,
      default_payment_method: given.method ?? null,
      default_source: null,
      default_tax_rates: given.defaultTaxRates ?? [],
      description: given.description ?? null,
      discounts: discounts.map((discount) => discount.id),
      ended_at: null,
      invoice_settings: {
        account_tax_ids: null,
        custom_fields: null,
        description: null,
        footer: null,
        issuer: { type: 'self' },
      },
      latest_invoice: null,
      livemode: false,
      managed_payments: null,
      metadata: given.metadata,
      next_pending_invoice_item_invoice: null,
      on_behalf_of: null,
      pause_collection: null,
      payment_settings: {
        payment_method_options: null,
        payment_method_types: null,
        save_default_payment_method: given.saveDefault ? 'on_subscription' : 'off',
      },
      pending_invoice_item_interval: null,
      pending_setup_intent: null,
      schedule: null,
      start_date: now,
      status: trial ? 'trialing' : given.collection === 'send_invoice' ? 'active' : 'incomplete',
      test_clock: given.customer.test_clock,
      transfer_data: null,
      trial_end: trial,
      trial_settings: {
        end_behavior: {
          billing_cycle_anchor: null,
          missing_payment_method: (given.missingMethod ??
            'create_invoice') as Stripe.Subscription.TrialSettings.EndBehavior['missing_payment_method'],
        },
      },
      trial_start: trial ? now : null,
    } satisfies Omit<Wire<Stripe.Subscription>, 'items' | 'pending_update'>),
    items,
    pending_update: null,
    _: {
      billed: [],
      upcoming_sent_for: 0,
      trial_warned_for: 0,
      incomplete_until: trial || given.collection === 'send_invoice' ? null : now + 23 * HOUR,
      pending_invoice: null,
      pending_at: null,
      resumes_on: null,
    },
  };
}
