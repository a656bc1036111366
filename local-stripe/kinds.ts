/** How each kind of record looks from outside, and when it next needs the engine. */
import type { Kind, Kinds } from './app';
import { invoiceDue, sessionDue } from './engine/due';
import { subscriptionDue } from './engine/renew';
import { scheduleDue } from './engine/schedules';
import { viewCharge } from './records/charges';
import { viewSession } from './records/checkout-sessions';
import { viewCreditNote } from './records/credit-notes';
import { discountDue } from './records/customer-discount';
import { viewInvoice } from './records/invoices';
import { viewEvent } from './records/lookup';
import { strip } from './records/strip';
import { viewSubscription } from './records/subscriptions';

/** Shown as it is kept, and never due. */
const plain: Kind<object> = { view: (_app, rec) => strip(rec), dueAt: () => null };

export const kinds: Kinds = {
  customers: { ...plain, dueAt: discountDue },
  products: plain,
  prices: plain,
  payment_methods: plain,
  tax_ids: { ...plain, dueAt: (taxId) => taxId._.verify_at },
  coupons: plain,
  retired_coupons: plain,
  promotion_codes: plain,
  discounts: plain,
  setup_intents: plain,
  payment_intents: {
    ...plain,
    dueAt: (intent) => (intent.status === 'processing' ? intent._.settle_at : null),
  },
  charges: { ...plain, view: viewCharge },
  refunds: plain,
  disputes: plain,
  credit_notes: { ...plain, view: viewCreditNote },
  balance_transactions: plain,
  customer_balance_transactions: plain,
  tax_rates: plain,
  webhook_endpoints: plain,
  test_clocks: plain,
  invoice_payments: plain,
  invoice_items: plain,
  portal_configurations: plain,
  portal_sessions: plain,
  checkout_sessions: { view: viewSession, dueAt: sessionDue },
  subscriptions: { view: viewSubscription, dueAt: subscriptionDue },
  schedules: { ...plain, dueAt: scheduleDue },
  invoices: { view: viewInvoice, dueAt: invoiceDue },
  events: { ...plain, view: viewEvent },
  deliveries: plain,
  answers: plain,
};
