/** `POST /_local/trigger`: what happens outside, at banks and tax offices. */
import type { z } from 'zod';
import type { App } from '../app';
import { intentOf } from '../engine/collect';
import { authenticate, intentSettled, settleDelayed } from '../engine/intents';
import { Refused } from '../http/body';
import { viewSession } from '../records/checkout-sessions';
import { makeTransfer } from '../records/debits';
import { closeDispute, openDispute } from '../records/disputes';
import { succeed } from '../records/payments';
import { settleTaxId } from '../records/tax-ids';
import type { schemas } from './schemas';

export function trigger(app: App, given: z.output<typeof schemas.trigger>): unknown {
  const { store } = app;
  switch (given.type) {
    case 'charge.dispute.created': {
      const charge = store.get(
        'charges',
        given.charge ?? store.get('payment_intents', given.payment_intent)?.latest_charge,
      );
      if (!charge) throw new Refused(404, 'Name a `charge` or a paid `payment_intent`.');
      return openDispute(app, charge, given.reason ?? 'fraudulent');
    }
    case 'charge.dispute.closed': {
      const dispute = store.get('disputes', given.dispute);
      if (!dispute) throw new Refused(404, 'There is no such dispute.');
      closeDispute(app, dispute, given.status === 'won');
      return dispute;
    }
    case 'checkout.session.async_payment_succeeded':
    case 'checkout.session.async_payment_failed': {
      const session = app.need('checkout_sessions', given.session);
      const invoice = store.get('invoices', session.invoice);
      const intent =
        store.get('payment_intents', session.payment_intent) ?? (invoice && intentOf(app, invoice));
      if (session.payment_status !== 'unpaid' || intent?.status !== 'processing')
        throw new Refused(400, 'This session is not waiting for a delayed payment.');
      settleDelayed(app, intent, given.type === 'checkout.session.async_payment_succeeded');
      return viewSession(app, session);
    }
    case 'customer.tax_id.updated': {
      const taxId = store.get('tax_ids', given.tax_id);
      if (!taxId) throw new Refused(404, 'There is no such tax id.');
      settleTaxId(app, taxId, given.status);
      return { id: taxId.id, verification: taxId.verification };
    }
    case 'bank_transfer': {
      // Money comes to the account that a sent invoice names. https://docs.stripe.com/invoicing/bank-transfer
      const invoice = store.get('invoices', given.invoice);
      const intent = invoice && intentOf(app, invoice);
      if (invoice?.status !== 'open' || !intent) throw new Refused(400, 'Name an open `invoice`.');
      const customer = store.get('customers', invoice.customer);
      return app.on(customer?.test_clock, () => {
        succeed(app, intent, makeTransfer(app));
        intentSettled(app, intent, { kind: 'succeeded' });
        return { id: invoice.id, status: invoice.status };
      });
    }
    case 'authentication': {
      const invoice = store.get('invoices', given.invoice);
      const intent =
        store.get('payment_intents', given.payment_intent) ?? (invoice && intentOf(app, invoice));
      if (!intent) throw new Refused(404, 'Name a `payment_intent` or an `invoice`.');
      const customer = store.get('customers', intent.customer);
      return app.on(customer?.test_clock, () => authenticate(app, intent, given.outcome === 'passed'));
    }
  }
}
