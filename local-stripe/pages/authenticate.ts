/** `/authenticate/{intent}`: the bank's page for payments outside Checkout. https://docs.stripe.com/payments/3d-secure */
import type { App } from '../app';
import { cardBehavior } from '../cards';
import { authenticate } from '../engine/intents';
import { confirmSetup } from '../records/setup-intents';
import type { Page } from './checkout';
import { authenticationForm, type Fields } from './fields';
import { layout, notice } from './layout';

export function authenticatePage(app: App, intentId: string): Page {
  const intent = app.store.get('payment_intents', intentId) ?? app.store.get('setup_intents', intentId);
  if (!intent) return { status: 404, html: notice('Not found', 'There is nothing to authenticate here.') };
  if (intent.status !== 'requires_action')
    return { status: 200, html: notice('Nothing to do', 'This payment is not waiting for authentication.') };
  return {
    status: 200,
    html: layout(
      'Authenticate',
      authenticationForm(`/authenticate/${intentId}`, 'the card asks for authentication', {}),
      'narrow',
    ),
  };
}

export function authenticatePost(app: App, intentId: string, values: Fields): Page {
  const passed = values.authentication === 'passed';
  const payment = app.store.get('payment_intents', intentId);
  if (payment?.status === 'requires_action') {
    const outcome = authenticate(app, payment, passed);
    const to = payment._.return_url ?? (payment._.invoice ? `/i/${payment._.invoice}` : null);
    if (to) return { status: 303, location: to };
    return {
      status: 200,
      html: notice(
        outcome.kind === 'succeeded' ? 'Payment complete' : 'Authentication failed',
        outcome.kind === 'succeeded'
          ? 'Thank you. You can close this page.'
          : 'The bank did not confirm this payment.',
      ),
    };
  }
  const setup = app.store.get('setup_intents', intentId);
  if (setup?.status === 'requires_action') {
    const method = app.store.get('payment_methods', setup.payment_method);
    const fails = method && cardBehavior(method._.number);
    const ok = passed && !(fails?.kind === 'authenticates' && fails.fails);
    if (method) confirmSetup(app, setup, method, ok ? 'passed' : 'failed');
    return {
      status: 200,
      html: notice(ok ? 'Card saved' : 'Authentication failed', 'You can close this page.'),
    };
  }
  return authenticatePage(app, intentId);
}
