/** The account behind `sk_test_local`, its balance, tax rates and balance transactions. https://docs.stripe.com/api/accounts */
import type Stripe from 'stripe';
import { z } from 'zod';
import type { App } from '../app';
import { invalid } from '../errors';
import { expand, filled, ignored, int, metadata, parse, range, text } from '../http/params';
import { type Call, id, type Route } from '../http/router';
import { adjustBalance } from '../records/customer-balance';
import type { Metadata, Wire } from '../types';
import { list, nested } from './crud';

function account(app: App): Wire<Stripe.Account> {
  return {
    id: 'acct_1TierlineLocal000',
    object: 'account',
    business_type: 'company',
    capabilities: { card_payments: 'active', transfers: 'active' },
    charges_enabled: true,
    country: app.settings.seller_country,
    created: 1_700_000_000,
    default_currency: 'eur',
    details_submitted: true,
    email: 'billing@tierline.test',
    metadata: {},
    payouts_enabled: true,
    type: 'standard',
  };
}

function balance(app: App): Wire<Stripe.Balance> {
  const sums = new Map<string, number>();
  for (const one of app.store.all('balance_transactions'))
    sums.set(one.currency, (sums.get(one.currency) ?? 0) + one.net);
  if (sums.size === 0) sums.set('eur', 0);
  const rows = [...sums].map(([currency, amount]) => ({ amount, currency, source_types: { card: amount } }));
  return {
    object: 'balance',
    available: rows,
    livemode: false,
    pending: rows.map((row) => ({ ...row, amount: 0, source_types: { card: 0 } })),
  };
}

function createBalanceTransaction(call: Call): object {
  const given = parse(
    z.strictObject({
      amount: int,
      currency: filled,
      description: text.optional(),
      metadata: metadata.optional(),
      expand,
    }),
    call.params,
  );
  if (given.amount === 0) throw invalid('Amount must not be 0.', 'amount');
  return adjustBalance(call.app, id(call), given.amount, {
    currency: given.currency,
    description: given.description ?? null,
    metadata: (given.metadata ?? {}) as Metadata,
  });
}

export const accountRoutes: Route[] = [
  { method: 'GET', pattern: '/v1/account', handler: ({ app }) => account(app) },
  { method: 'GET', pattern: '/v1/balance', handler: ({ app }) => balance(app) },
  list('/v1/balance_transactions', 'balance_transactions', {
    params: { created: range, source: filled, type: filled, currency: ignored },
    same: ['source', 'type'],
  }),
  { method: 'POST', pattern: '/v1/customers/:id/balance_transactions', handler: createBalanceTransaction },
  nested('/v1/customers/:id/balance_transactions', ({ app, ids: [customer = ''] }) =>
    app.store.by('customer_balance_transactions', 'customer', app.need('customers', customer).id),
  ),
];
