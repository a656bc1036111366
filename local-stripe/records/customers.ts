/** Customers. https://docs.stripe.com/api/customers */
import type Stripe from 'stripe';
import type { App } from '../app';
import type { Address, Customer, Wire } from '../types';
import { canPlace, taxAddress } from './places';
import { isRegistered } from './tax';

export function newCustomer(app: App, given: Partial<Customer> = {}): Customer {
  const made = app.ids.make('cus');
  return {
    id: made,
    object: 'customer',
    address: null,
    balance: 0,
    created: app.now,
    currency: null,
    customer_account: null,
    default_source: null,
    delinquent: false,
    description: null,
    discount: null,
    email: null,
    invoice_prefix: app.ids.code('invoice_prefix', 8),
    invoice_settings: {
      custom_fields: null,
      default_payment_method: null,
      footer: null,
      rendering_options: null,
    },
    livemode: false,
    metadata: {},
    name: null,
    next_invoice_sequence: 1,
    phone: null,
    preferred_locales: [],
    shipping: null,
    tax_exempt: 'none',
    test_clock: null,
    ...given,
  } satisfies Wire<Stripe.Customer> as Customer;
}

/** Deleted ones are missing everywhere but where they are retrieved (stripe.md D23). */
export function isDeleted(app: App, customerId: string): boolean {
  return Boolean(app.store.meta.counters[`deleted:${customerId}`]);
}

export function fullAddress(given: Partial<Record<keyof Address, string | undefined>>): Address {
  return {
    city: given.city || null,
    country: given.country?.toUpperCase() || null,
    line1: given.line1 || null,
    line2: given.line2 || null,
    postal_code: given.postal_code || null,
    state: given.state || null,
  };
}

/** `customer.tax`: whether automatic tax can place this customer. https://docs.stripe.com/tax/customer-locations */
export function customerTax(app: App, customer: Customer): NonNullable<Wire<Stripe.Customer>['tax']> {
  const address = taxAddress(customer);
  const country = canPlace(address) ? address?.country : null;
  return {
    automatic_tax: country
      ? isRegistered(app, country)
        ? 'supported'
        : 'not_collecting'
      : 'unrecognized_location',
    ip_address: null,
    location: country
      ? {
          country,
          source: customer.shipping?.address ? 'shipping_destination' : 'billing_address',
          state: address?.state ?? null,
        }
      : null,
    provider: 'stripe',
  };
}
