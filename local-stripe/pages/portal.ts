/** `/p/session/{id}`: what the customer portal offers. https://docs.stripe.com/customer-management */
import { html } from 'hono/html';
import type { App } from '../app';
import type { Page } from './checkout';
import type { Fields } from './fields';
import { layout, notice } from './layout';
import { act } from './portal-actions';
import { addCard, details, type Here, invoices, methods, subscriptions } from './portal-sections';

function find(app: App, sessionId: string): Here | Page {
  const session = app.store.get('portal_sessions', sessionId);
  const configuration = app.store.get('portal_configurations', session?.configuration);
  const customer = app.store.get('customers', session?.customer);
  if (!session || !configuration || !customer)
    return { status: 404, html: notice('Not found', 'This portal link does not exist.') };
  return { app, session, configuration, customer };
}

export function portalPage(
  app: App,
  sessionId: string,
  problem?: string,
  done?: string,
  values: Fields = {},
): Page {
  const here = find(app, sessionId);
  if ('status' in here) return here;
  const { session } = here;
  const flow = session.flow?.type;
  const parts =
    flow === 'payment_method_update'
      ? [addCard(here, values)]
      : flow === 'subscription_cancel'
        ? [subscriptions(here, session.flow?.subscription_cancel?.subscription)]
        : [
            subscriptions(here),
            methods(here),
            flow ? '' : addCard(here, values),
            details(here),
            invoices(here),
          ];
  const body = html`${session.return_url && html`<p><a href="${session.return_url}">← Return to the shop</a></p>`}
    <h1>${here.configuration.business_profile.headline ?? 'Your billing'}</h1>
    ${problem && html`<p class="note bad" role="alert">${problem}</p>`}${done && html`<p class="note ok" role="status">${done}</p>`}
    ${parts}`;
  return { status: problem ? 402 : 200, html: layout('Customer portal', body, flow ? 'narrow' : 'wide') };
}

export function portalPost(app: App, sessionId: string, values: Fields): Page {
  const here = find(app, sessionId);
  if ('status' in here) return here;
  try {
    const result = app.on(here.customer.test_clock, () => act(here, values));
    if (typeof result !== 'string') return result;
    const after = here.session.flow?.after_completion;
    if (after?.type === 'redirect' && after.redirect)
      return { status: 303, location: after.redirect.return_url };
    if (after?.type === 'hosted_confirmation')
      return { status: 200, html: notice('Done', after.hosted_confirmation?.custom_message ?? result) };
    return portalPage(app, sessionId, undefined, result);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return portalPage(app, sessionId, error.message, undefined, { ...values, card: '', cvc: '' });
  }
}
