/** A customer has one currency at a time (stripe.md D22). https://docs.stripe.com/billing/customer */
import type { App } from '../app';
import { invalid, type StripeError } from '../errors';
import type { Customer } from '../types';
import { ENDED } from './subscriptions';

/** The currency of what is going on: subscriptions, schedules, items that wait for an invoice. Null: any will do. */
function currencyInUse(app: App, customer: Customer): string | null {
  const { store } = app;
  const sub = store
    .by('subscriptions', 'customer', customer.id)
    .find((one) => !ENDED.includes(one.status) && one.status !== 'incomplete_expired');
  const schedule = store
    .by('schedules', 'customer', customer.id)
    .find((one) => one.status === 'not_started' || one.status === 'active');
  const item = store.by('invoice_items', 'customer', customer.id).find((one) => one.invoice === null);
  return sub?.currency ?? schedule?.phases[0]?.currency ?? item?.currency ?? null;
}

/** For a subscription, an invoice item or an invoice in `currency`. */
export function refuseSecondCurrency(app: App, customer: Customer, currency: string, param: string): void {
  const used = currencyInUse(app, customer);
  if (used !== null && used !== currency) throw secondCurrency(used, currency, param);
}

/** Stripe says it in more than one wording, and with no code: look at the currency first (stripe.md F11). */
function secondCurrency(used: string, currency: string, param: string): StripeError {
  return invalid(
    `This customer is billed in ${used}: while a subscription, schedule or invoice item in ${used} is active there can be none in ${currency}.`,
    param,
  );
}
