/**
 * SEPA debits: the money is under way for days, then it is there or not (stripe.md D37, `settings.debit_days`).
 * https://docs.stripe.com/payments/sepa-debit
 */
import type Stripe from 'stripe';
import type { App } from '../app';
import { scramble } from '../ids';
import type { Address, PaymentMethod, Wire } from '../types';
import { fullAddress } from './customers';

/** Stripe's test account that pays. https://docs.stripe.com/payments/sepa-debit/accept-a-payment (Test your integration) */
const IBAN = 'AT611904300234573201';

interface DebitGiven {
  iban?: string | undefined;
  name?: string | null | undefined;
  email?: string | null | undefined;
  address?: Address | null | undefined;
}

export function makeDebit(app: App, given: DebitGiven): PaymentMethod {
  return keep(app, given, {
    sepa_debit: sepa(given.iban ?? IBAN),
    type: 'sepa_debit',
  });
}

/** The transfer that a person made to the account of an invoice. https://docs.stripe.com/payments/bank-transfers */
export function makeTransfer(app: App): PaymentMethod {
  return keep(app, {}, { customer_balance: {}, type: 'customer_balance' });
}

function keep(
  app: App,
  given: DebitGiven,
  own: Pick<Wire<Stripe.PaymentMethod>, 'type' | 'sepa_debit' | 'customer_balance'>,
): PaymentMethod {
  const method: PaymentMethod = {
    ...({
      id: app.ids.make('pm'),
      object: 'payment_method',
      allow_redisplay: 'unspecified',
      billing_details: {
        address: given.address ?? fullAddress({}),
        email: given.email ?? null,
        name: given.name ?? null,
        phone: null,
        tax_id: null,
      },
      created: app.now,
      customer: null,
      customer_account: null,
      livemode: false,
      metadata: {},
      ...own,
    } satisfies Wire<Stripe.PaymentMethod>),
    _: { number: '', authenticated: false },
  };
  return app.store.put('payment_methods', method);
}

function sepa(iban: string): NonNullable<Wire<Stripe.PaymentMethod>['sepa_debit']> {
  return {
    bank_code: iban.slice(4, 9),
    branch_code: '',
    country: iban.slice(0, 2),
    fingerprint: scramble(`iban:${iban}`, 16),
    generated_from: { charge: null, setup_attempt: null },
    last4: iban.slice(-4),
  };
}
