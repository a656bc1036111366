/** What may not be asked for together, in Stripe’s words. */
import type { App } from '../app';
import { DAY, HOUR } from '../clock';
import { either, invalid, lacking } from '../errors';
import { refuseUnknownMethods } from '../records/methods';
import { canPlace, taxAddress } from '../records/places';
import { refuseInsecure } from '../records/urls';
import type { CheckoutGiven } from './checkout-params';

/** stripe.md D33. */
const LONGEST_TRIAL = 730 * DAY;

/** What belongs to one mode only. https://docs.stripe.com/api/checkout/sessions/create */
function refuseMode(given: CheckoutGiven): void {
  if (given.mode === 'subscription' && given.customer_creation)
    throw invalid('`customer_creation` can only be used in `payment` and `setup` mode.', 'customer_creation');
  if (given.mode !== 'subscription' && given.payment_method_collection)
    throw invalid(
      '`payment_method_collection` can only be used in `subscription` mode.',
      'payment_method_collection',
    );
  if (given.mode !== 'setup' && given.setup_intent_data)
    throw invalid('`setup_intent_data` can only be used in `setup` mode.', 'setup_intent_data');
  // Needed where the methods are not named. https://docs.stripe.com/api/checkout/sessions/create (currency)
  if (given.mode === 'setup' && !given.currency && !given.allowed_payment_method_types)
    throw lacking('currency');
}

/** Throws what Checkout refuses: parameters that exclude, need or outlast each other. `given.customer` must exist. */
export function refuseOddities(app: App, given: CheckoutGiven): void {
  refuseInsecure(app, { success_url: given.success_url, cancel_url: given.cancel_url });
  if (!given.success_url) throw lacking('success_url');
  if (given.mode !== 'setup' && !given.line_items?.length) throw lacking('line_items');
  if (given.customer && given.customer_email) throw either('customer', 'customer_email', 'customer_email');
  if (given.customer && given.customer_creation)
    throw either('customer', 'customer_creation', 'customer_creation');
  if (given.customer_update && !given.customer)
    throw invalid('`customer_update` can only be used with `customer`.', 'customer_update');
  refuseUnknownMethods(given.allowed_payment_method_types, 'allowed_payment_method_types');
  refuseMode(given);
  // Said at all: `false` is refused as well (seen by others).
  if (given.allow_promotion_codes !== undefined && given.discounts?.length) {
    throw either('allow_promotion_codes', 'discounts', 'allow_promotion_codes');
  }
  if (given.mode !== 'subscription' && given.subscription_data)
    throw invalid('You can not pass `subscription_data` in this mode.', 'subscription_data');
  if (given.mode !== 'payment' && given.payment_intent_data)
    throw invalid('You can not pass `payment_intent_data` in `subscription` mode.', 'payment_intent_data');
  if (given.mode !== 'payment' && given.invoice_creation)
    throw invalid('`invoice_creation` can only be used in `payment` mode.', 'invoice_creation');
  const data = given.subscription_data;
  if (data?.trial_end !== undefined && data.trial_period_days !== undefined) {
    throw either('trial_end', 'trial_period_days', 'subscription_data[trial_end]');
  }
  // At least 48 hours ahead. https://docs.stripe.com/api/checkout/sessions/create (subscription_data.trial_end)
  if (data?.trial_end !== undefined && data.trial_end < app.now + 48 * HOUR) {
    throw invalid(
      'The `trial_end` date has to be at least 2 days in the future.',
      'subscription_data[trial_end]',
    );
  }
  if (data?.trial_end !== undefined && data.trial_end > app.now + LONGEST_TRIAL) {
    throw invalid('A trial ends within two years.', 'subscription_data[trial_end]');
  }
  if (data?.trial_period_days !== undefined && data.trial_period_days > LONGEST_TRIAL / DAY) {
    throw invalid('A trial has 730 days at most.', 'subscription_data[trial_period_days]');
  }
  if (data?.trial_period_days !== undefined && data.trial_period_days < 1) {
    throw invalid('`trial_period_days` must be at least 1.', 'subscription_data[trial_period_days]');
  }
  if (
    given.expires_at !== undefined &&
    (given.expires_at < app.now + HOUR / 2 || given.expires_at > app.now + DAY)
  ) {
    throw invalid(
      'The `expires_at` timestamp must be at least 30 minutes and at most 24 hours from Checkout Session creation.',
      'expires_at',
    );
  }
  if (!given.customer) return;
  const customer = app.need('customers', given.customer, 'customer');
  const update = given.customer_update ?? {};
  // An existing customer's name and address may only be collected where they may be kept (stripe.md 44).
  if (given.tax_id_collection?.enabled && update.name !== 'auto') {
    throw invalid(
      'Tax ID collection requires updating business name on the customer. To enable tax ID collection for an existing customer, please set `customer_update[name]` to `auto`.',
      'tax_id_collection',
    );
  }
  if (given.automatic_tax?.enabled && update.address !== 'auto' && !canPlace(taxAddress(customer))) {
    throw invalid(
      'Automatic tax calculation in Checkout requires a valid address on the Customer. Add a valid address to the Customer or set either `customer_update[address]` to `auto` or `customer_update[shipping]` to `auto` to save the address entered in Checkout to the Customer.',
      'customer_update',
      'customer_tax_location_invalid',
    );
  }
  if (
    given.billing_address_collection === 'required' &&
    given.tax_id_collection?.enabled &&
    update.address !== 'auto'
  ) {
    throw invalid(
      'To collect the address of an existing customer together with tax IDs, set `customer_update[address]` to `auto`.',
      'customer_update',
    );
  }
}
