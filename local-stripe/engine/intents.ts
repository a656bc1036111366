/** Payment intents that end outside `collect`: an authentication page, a confirm call, a delayed method. */
import type { App } from '../app';
import { cardBehavior } from '../cards';
import { invalid } from '../errors';
import { sessionPaid, sessionPaymentFailed } from '../records/checkout-sessions';
import { confirm, fail, type Outcome, succeed } from '../records/payments';
import type { Invoice, PaymentIntent } from '../types';
import { markPaid } from './collect';
import { invoiceFailed } from './settle';

/** An intent came to an end outside `collect`: an authentication page, a confirm call, a delayed method. */
export function intentSettled(app: App, intent: PaymentIntent, outcome: Outcome): void {
  const invoice = app.store.get('invoices', intent._.invoice);
  if (invoice && invoice.status === 'open') {
    if (outcome.kind === 'succeeded') markPaid(app, invoice, {});
    else if (outcome.kind === 'failed' || outcome.kind === 'requires_action') {
      app.change('invoices', invoice, null, (rec) => {
        rec.attempted = true;
        if (outcome.kind === 'failed') rec.attempt_count = Math.max(1, rec.attempt_count);
      });
      invoiceFailed(app, invoice, outcome, false);
    }
  }
  const session =
    app.store.by('checkout_sessions', 'payment_intent', intent.id)[0] ?? sessionOfInvoice(app, invoice);
  if (session?.status !== 'complete' || session.payment_status !== 'unpaid') return;
  if (outcome.kind === 'succeeded') sessionPaid(app, session);
  else if (outcome.kind === 'failed') sessionPaymentFailed(app, session);
}

function sessionOfInvoice(app: App, invoice: Invoice | undefined) {
  return app.store
    .by('checkout_sessions', 'subscription', invoice?._.subscription)
    .find((one) => one.invoice === invoice?.id);
}

/** The end of a delayed method (stripe.md 31). */
export function settleDelayed(app: App, intent: PaymentIntent, ok: boolean): void {
  const method = app.store.get('payment_methods', intent.payment_method);
  if (intent.status !== 'processing' || !method) return;
  if (ok) succeed(app, intent, method);
  else
    fail(app, intent, method, {
      code: 'payment_intent_payment_attempt_failed',
      message: 'The payment failed.',
    });
  intentSettled(
    app,
    intent,
    ok
      ? { kind: 'succeeded' }
      : {
          kind: 'failed',
          decline: { code: 'payment_intent_payment_attempt_failed', message: 'The payment failed.' },
        },
  );
}

/** The authentication page's answer. */
export function authenticate(app: App, intent: PaymentIntent, passed: boolean): Outcome {
  const method = app.store.get('payment_methods', intent.payment_method);
  if (intent.status !== 'requires_action' || !method)
    throw invalid('This payment is not waiting for authentication.');
  const behavior = cardBehavior(method._.number);
  const ok = passed && !(behavior.kind === 'authenticates' && behavior.fails);
  const outcome = confirm(app, intent, method, {
    offSession: false,
    authentication: ok ? 'passed' : 'failed',
  });
  intentSettled(app, intent, outcome);
  return outcome;
}
