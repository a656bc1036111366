/** Making a subscription. https://docs.stripe.com/api/subscriptions/create */
import { DAY } from '../clock';
import { refuseDaysUntilDue } from '../engine/subscription-refusals';
import { startSubscription } from '../engine/subscription-start';
import { invalid, lacking } from '../errors';
import { parse } from '../http/params';
import type { Call } from '../http/router';
import { refuseBothEnds } from '../records/cancellation';
import { extraDrafts } from '../records/invoice-items';
import { resolvePaymentMethod } from '../records/payment-methods';
import { priceAmount } from '../records/price-words';
import { itemChanges } from '../records/prices';
import { makeSetupIntent } from '../records/setup-intents';
import { createParams } from '../records/subscription-params';
import { refusal, viewSubscription } from '../records/subscriptions';
import { ratesNamed } from '../records/tax-rates';
import type { Metadata } from '../types';

/** Refuses before it writes; then starts, bills and collects (engine/subscription-start). */
export function createSubscription({ app, params }: Call): object {
  const given = parse(createParams, params);
  const customer = app.need('customers', given.customer, 'customer');
  return app.on(customer.test_clock, () => {
    refuseBothEnds(given.cancel_at_period_end, given.cancel_at);
    if (!given.items?.length) throw lacking('items');
    if (given.payment_behavior === 'pending_if_incomplete')
      throw invalid(
        '`pending_if_incomplete` cannot be used when creating a subscription.',
        'payment_behavior',
      );
    if (given.backdate_start_date !== undefined)
      throw invalid(
        'Local Stripe does not implement backdate_start_date.',
        'backdate_start_date',
        'parameter_unknown',
      );
    const items = itemChanges(app, given.items).map((item) => {
      if (!item.price) throw lacking('items[0][price]');
      return {
        price: item.price,
        quantity: item.quantity ?? 1,
        ...(item.metadata ? { metadata: item.metadata } : {}),
        discounts: item.discounts,
        taxRates: item.taxRates,
      };
    });
    refuseDaysUntilDue(given.collection_method, given.days_until_due);
    const days =
      given.trial_period_days ??
      (given.trial_from_plan ? items[0]?.price.recurring?.trial_period_days : undefined);
    const trialEnd =
      given.trial_end === 'now' ? null : (given.trial_end ?? (days ? app.now + days * DAY : null));
    if (typeof given.trial_end === 'number' && given.trial_end <= app.now)
      throw invalid('Invalid timestamp: must be an integer Unix timestamp in the future.', 'trial_end');
    if (typeof given.cancel_at === 'number' && given.cancel_at <= app.now)
      throw invalid('`cancel_at` must be in the future.', 'cancel_at');
    if (given.billing_cycle_anchor !== undefined && given.billing_cycle_anchor <= app.now) {
      throw invalid('Invalid timestamp: can be no earlier than now.', 'billing_cycle_anchor');
    }
    const method = given.default_payment_method
      ? resolvePaymentMethod(app, given.default_payment_method, customer.id, 'default_payment_method')
      : null;
    const hasCard = method ?? customer.invoice_settings.default_payment_method;
    const behavior = given.payment_behavior ?? 'allow_incomplete';
    const free =
      trialEnd !== null || items.every(({ price, quantity }) => priceAmount(price, quantity) === 0);
    if (!hasCard && !free && behavior === 'allow_incomplete' && given.collection_method !== 'send_invoice')
      throw refusal({ kind: 'no_method' });
    const sub = startSubscription(app, {
      customer,
      items,
      trialEnd,
      anchor: given.billing_cycle_anchor ?? null,
      prorationBehavior: given.proration_behavior ?? 'create_prorations',
      method: method?.id ?? null,
      discounts: given.discounts ?? [],
      automaticTax: given.automatic_tax?.enabled ?? false,
      metadata: (given.metadata ?? {}) as Metadata,
      description: given.description || null,
      collection: given.collection_method ?? 'charge_automatically',
      daysUntilDue: given.days_until_due ?? null,
      behavior,
      missingMethod: given.trial_settings?.end_behavior.missing_payment_method ?? 'create_invoice',
      extra: extraDrafts(app, given.add_invoice_items, null),
      mode: given.billing_mode?.type,
      defaultTaxRates: ratesNamed(app, given.default_tax_rates, 'default_tax_rates'),
      cancelAtPeriodEnd: given.cancel_at_period_end,
      cancelAt: given.cancel_at,
      saveDefault: given.payment_settings?.save_default_payment_method === 'on_subscription',
    });
    // A trial with no card: Stripe offers a way to save one. https://docs.stripe.com/billing/subscriptions/trials
    if (trialEnd !== null && !hasCard && !sub.pending_setup_intent) {
      sub.pending_setup_intent = makeSetupIntent(app, customer.id).id;
      app.store.put('subscriptions', sub);
    }
    return viewSubscription(app, sub);
  });
}
