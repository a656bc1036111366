/** The fields of a subscription that cost nothing to change. https://docs.stripe.com/api/subscriptions/update */
import type Stripe from 'stripe';
import type { App } from '../app';
import { mergeMetadata } from '../http/params';
import type { Subscription } from '../types';
import { dropDiscount, makeDiscount } from './discounts';
import type { UpdateGiven } from './subscription-params';
import { idsOf, ratesNamed } from './tax-rates';

/** Writes onto the record and tells nobody; `method` is `default_payment_method`, already found. */
export function applyFields(app: App, sub: Subscription, given: UpdateGiven, method: string | null): void {
  if (given.metadata !== undefined) sub.metadata = mergeMetadata(sub.metadata, given.metadata);
  if (given.description !== undefined) sub.description = given.description || null;
  if (given.default_payment_method !== undefined) {
    sub.default_payment_method = method;
  }
  if (given.automatic_tax)
    sub.automatic_tax = {
      ...sub.automatic_tax,
      enabled: given.automatic_tax.enabled,
      disabled_reason: null,
      liability: given.automatic_tax.enabled ? { type: 'self' } : null,
    };
  if (given.default_tax_rates !== undefined)
    sub.default_tax_rates =
      ratesNamed(app, given.default_tax_rates, 'default_tax_rates', idsOf(sub.default_tax_rates)) ?? [];
  if (given.collection_method) sub.collection_method = given.collection_method;
  if (sub.collection_method === 'charge_automatically') sub.days_until_due = null;
  if (given.days_until_due !== undefined) sub.days_until_due = given.days_until_due;
  if (given.pause_collection !== undefined) {
    sub.pause_collection = given.pause_collection && {
      behavior: given.pause_collection.behavior,
      resumes_at: given.pause_collection.resumes_at ?? null,
    };
  }
  if (given.payment_settings?.save_default_payment_method && sub.payment_settings) {
    sub.payment_settings = {
      ...sub.payment_settings,
      save_default_payment_method: given.payment_settings.save_default_payment_method,
    };
  }
  if (given.trial_settings && sub.trial_settings) {
    sub.trial_settings = {
      end_behavior: {
        billing_cycle_anchor: null,
        missing_payment_method: given.trial_settings.end_behavior.missing_payment_method,
      },
    };
  }
  if (given.cancellation_details && sub.cancellation_details) {
    const { comment, feedback } = given.cancellation_details;
    sub.cancellation_details = {
      ...sub.cancellation_details,
      ...(comment === undefined ? {} : { comment: comment || null }),
      ...(feedback === undefined
        ? {}
        : { feedback: (feedback || null) as Stripe.Subscription.CancellationDetails.Feedback | null }),
    };
  }
  if (given.discounts !== undefined) {
    const kept = (given.discounts ?? []).map(
      (one) =>
        makeDiscount(app, one, { customer: app.need('customers', sub.customer), subscription: sub.id }).id,
    );
    for (const old of sub.discounts) if (!kept.includes(old)) dropDiscount(app, old);
    sub.discounts = kept;
  }
}
