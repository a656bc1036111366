/** The tables, and the indexes that keep a list by customer, subscription, … fast. */
import type { TableName, Tables } from './types';

export const TABLES: TableName[] = [
  'customers',
  'products',
  'prices',
  'payment_methods',
  'tax_ids',
  'coupons',
  'retired_coupons',
  'promotion_codes',
  'discounts',
  'setup_intents',
  'payment_intents',
  'charges',
  'refunds',
  'disputes',
  'credit_notes',
  'balance_transactions',
  'customer_balance_transactions',
  'tax_rates',
  'webhook_endpoints',
  'test_clocks',
  'invoice_payments',
  'invoice_items',
  'portal_configurations',
  'portal_sessions',
  'checkout_sessions',
  'subscriptions',
  'schedules',
  'invoices',
  'events',
  'deliveries',
  'answers',
];

/** Secondary indexes: how a list by customer, subscription, … stays fast. */
export type Index<R> = Record<string, (rec: R) => string | null | undefined>;
export const INDEXES: { [T in TableName]?: Index<Tables[T]> } = {
  payment_methods: { customer: (r) => r.customer },
  tax_ids: { customer: (r) => r.customer },
  prices: { product: (r) => r.product, lookup_key: (r) => r.lookup_key },
  promotion_codes: { code: (r) => r.code.toLowerCase() },
  payment_intents: { customer: (r) => r.customer },
  charges: { customer: (r) => r.customer, payment_intent: (r) => r.payment_intent },
  refunds: { charge: (r) => r.charge, payment_intent: (r) => r.payment_intent },
  disputes: { charge: (r) => r.charge },
  credit_notes: { invoice: (r) => r.invoice, customer: (r) => r.customer },
  customer_balance_transactions: { customer: (r) => r.customer },
  invoice_payments: {
    invoice: (r) => r.invoice,
    payment_intent: (r) => r.payment.payment_intent,
  },
  invoice_items: {
    customer: (r) => r.customer,
    subscription: (r) => r._.subscription,
    invoice: (r) => r.invoice,
  },
  checkout_sessions: {
    customer: (r) => r.customer,
    subscription: (r) => r.subscription,
    payment_intent: (r) => r.payment_intent,
  },
  subscriptions: { customer: (r) => r.customer },
  schedules: { customer: (r) => r.customer, subscription: (r) => r.subscription },
  invoices: { customer: (r) => r.customer, subscription: (r) => r._.subscription },
  deliveries: { event: (r) => r.event },
};

/** How Stripe's refusals call a record, where it is not simply the table's name without its s. */
export const NOUNS: { [T in TableName]?: string } = {
  credit_notes: 'credit note',
  checkout_sessions: 'checkout.session',
  invoice_items: 'invoiceitem',
  payment_methods: 'PaymentMethod',
  portal_configurations: 'billing_portal configuration',
  promotion_codes: 'promotion code',
  schedules: 'subscription_schedule',
  setup_intents: 'setupintent',
  test_clocks: 'test clock',
  webhook_endpoints: 'webhook endpoint',
};
