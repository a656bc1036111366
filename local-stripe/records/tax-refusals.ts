/** When automatic tax is refused. https://docs.stripe.com/tax/set-up, https://docs.stripe.com/tax/customer-locations */
import type { App } from '../app';
import { invalid } from '../errors';
import type { Customer, Price } from '../types';
import { canPlace, taxAddress, unplaceable } from './places';
import { ENDED } from './subscriptions';
import { taxBehaviorOf } from './tax';

/** Stripe Tax not set up (stripe.md D18), or a price that does not say whether tax is within it (stripe.md D20). */
export function refuseTax(app: App, prices: Price[], param = 'automatic_tax'): void {
  if (!app.settings.tax_active) {
    throw invalid(
      'Stripe Tax is not active on this account, or the address of its head office is missing.',
      param,
      'stripe_tax_inactive',
    );
  }
  const silent = prices.find((price) => taxBehaviorOf(app, price) === null);
  if (silent) {
    throw invalid(
      `Automatic tax needs to know whether tax is within the price '${silent.id}': its tax_behavior is unspecified, and the account has no default.`,
      param,
    );
  }
}

/** Also for who has no address that tax can be calculated for (stripe.md D12, F11). */
export function refuseTaxOf(app: App, customer: Customer, prices: Price[]): void {
  refuseTax(app, prices);
  if (!canPlace(taxAddress(customer))) throw unplaceable('automatic_tax');
}

/** Whether a subscription with automatic tax runs: then the address must stay one that can be placed (stripe.md D12). */
export function isTaxed(app: App, customer: Customer): boolean {
  return app.store
    .by('subscriptions', 'customer', customer.id)
    .some((sub) => sub.automatic_tax.enabled && !ENDED.includes(sub.status));
}
