/** A customer’s balance. https://docs.stripe.com/billing/customer/balance */
import type { App } from '../app';
import type { CustomerBalanceTransaction, Metadata } from '../types';

interface Given {
  currency: string;
  description?: string | null;
  metadata?: Metadata;
  type?: CustomerBalanceTransaction['type'];
  creditNote?: string | null;
  invoice?: string | null;
}

/** Credit on (negative) or debt (positive). https://docs.stripe.com/api/customer_balance_transactions */
export function adjustBalance(
  app: App,
  customerId: string,
  amount: number,
  given: Given,
): CustomerBalanceTransaction {
  const customer = app.need('customers', customerId, 'customer');
  app.change('customers', customer, 'customer.updated', (rec) => {
    rec.balance += amount;
  });
  return noteBalance(app, customer.id, amount, customer.balance, given);
}

/** Writes down a change of the balance that was made. */
export function noteBalance(
  app: App,
  customer: string,
  amount: number,
  ending: number,
  given: Given,
): CustomerBalanceTransaction {
  return app.store.put('customer_balance_transactions', {
    id: app.ids.make('cbtxn'),
    object: 'customer_balance_transaction',
    amount,
    checkout_session: null,
    created: app.now,
    credit_note: given.creditNote ?? null,
    currency: given.currency,
    customer,
    customer_account: null,
    description: given.description ?? null,
    ending_balance: ending,
    invoice: given.invoice ?? null,
    livemode: false,
    metadata: given.metadata ?? {},
    type: given.type ?? 'adjustment',
  });
}
