/** What charges, refunds and disputes leave on the balance. https://docs.stripe.com/api/balance_transactions */
import type Stripe from 'stripe';
import type { App } from '../app';
import { DAY } from '../clock';
import type { BalanceTransaction, Wire } from '../types';

/** Charges cost 1.5 % + 0.25, the rest nothing. */
export function makeBalanceTransaction(
  app: App,
  value: number,
  currency: string,
  source: string,
  type: Stripe.BalanceTransaction['type'],
): BalanceTransaction {
  const fee = type === 'charge' ? Math.round(value * 0.015) + 25 : 0;
  return app.store.put('balance_transactions', {
    id: app.ids.make('txn'),
    object: 'balance_transaction',
    amount: value,
    available_on: app.now + 2 * DAY,
    balance_type: 'payments',
    created: app.now,
    currency,
    description: null,
    exchange_rate: null,
    fee,
    fee_details: fee
      ? [
          {
            amount: fee,
            application: null,
            currency,
            description: 'Stripe processing fees',
            type: 'stripe_fee',
          },
        ]
      : [],
    net: value - fee,
    reporting_category: type,
    source,
    status: 'pending',
    type,
  } satisfies Wire<Stripe.BalanceTransaction>);
}
