/** A customer’s balance. https://docs.stripe.com/billing/customer/balance */
import type { App } from '../app';
import type { CustomerBalanceTransaction, Metadata } from '../types';
import { getCustomer } from './customers';

/** Credit on (negative) or debt (positive). https://docs.stripe.com/api/customer_balance_transactions */
export function adjustBalance(
  app: App,
  customerId: string,
  amount: number,
  given: {
    currency: string;
    description?: string | null;
    metadata?: Metadata;
    type?: CustomerBalanceTransaction['type'];
    creditNote?: string | null;
    invoice?: string | null;
  },
): CustomerBalanceTransaction {
  const customer = getCustomer(app, customerId, 'customer');
  app.change('customers', customer, 'customer.updated', (rec) => {
    rec.balance += amount;
  });
  return app.store.put('customer_balance_transactions', {
    id: app.ids.make('cbtxn'),
    object: 'customer_balance_transaction',
    amount,
    checkout_session: null,
    created: app.now,
    credit_note: given.creditNote ?? null,
    currency: given.currency,
    customer: customer.id,
    customer_account: null,
    description: given.description ?? null,
    ending_balance: customer.balance,
    invoice: given.invoice ?? null,
    livemode: false,
    metadata: given.metadata ?? {},
    type: given.type ?? 'adjustment',
  });
}
