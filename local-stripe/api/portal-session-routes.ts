/** The API of portal sessions. https://docs.stripe.com/api/customer_portal/sessions */
import type Stripe from 'stripe';
import { z } from 'zod';
import { invalid, missing } from '../errors';
import { expand, filled, ignored, parse, text } from '../http/params';
import type { Call, Route } from '../http/router';
import { portalLocale } from '../records/locales';
import { defaultConfiguration } from '../records/portal';
import { strip } from '../records/strip';
import { ENDED } from '../records/subscriptions';
import { refuseInsecure } from '../records/urls';
import type { PortalSession, Wire } from '../types';

const flowData = z.strictObject({
  type: z.enum(['payment_method_update', 'subscription_cancel', 'customer_update']),
  subscription_cancel: z.strictObject({ subscription: filled, retention: ignored }).optional(),
  after_completion: z
    .strictObject({
      type: z.enum(['redirect', 'hosted_confirmation', 'portal_homepage']),
      redirect: z.strictObject({ return_url: filled }).optional(),
      hosted_confirmation: z.strictObject({ custom_message: text.optional() }).optional(),
    })
    .optional(),
});
const sessionParams = z.strictObject({
  customer: filled,
  configuration: filled.optional(),
  return_url: filled.optional(),
  locale: portalLocale.optional(),
  flow_data: flowData.optional(),
  expand,
});

function createSession({ app, params }: Call): object {
  const given = parse(sessionParams, params);
  refuseInsecure(app, { return_url: given.return_url });
  const customer = app.need('customers', given.customer, 'customer');
  const configuration = given.configuration
    ? app.need('portal_configurations', given.configuration, 'configuration')
    : defaultConfiguration(app);
  if (!configuration.active) throw invalid('The configuration of the portal is not active.', 'configuration'); // stripe.md D63
  const flow = given.flow_data;
  if (flow?.type === 'subscription_cancel') {
    const sub = app.store.get('subscriptions', flow.subscription_cancel?.subscription);
    if (!sub || sub.customer !== customer.id)
      throw missing(
        'subscription',
        flow.subscription_cancel?.subscription ?? '',
        'flow_data[subscription_cancel][subscription]',
      );
    if (ENDED.includes(sub.status) || sub.cancel_at !== null)
      throw invalid(
        'This subscription is already set to cancel.',
        'flow_data[subscription_cancel][subscription]',
      );
  }
  const made = app.ids.make('bps');
  const session: PortalSession = {
    id: made,
    object: 'billing_portal.session',
    configuration: configuration.id,
    created: app.now,
    customer: customer.id,
    customer_account: null,
    flow: flow
      ? {
          after_completion: {
            hosted_confirmation: flow.after_completion?.hosted_confirmation
              ? { custom_message: flow.after_completion.hosted_confirmation.custom_message ?? null }
              : null,
            redirect: flow.after_completion?.redirect ?? null,
            type: flow.after_completion?.type ?? 'portal_homepage',
          },
          customer_update: null,
          subscription_cancel: flow.subscription_cancel
            ? { retention: null, subscription: flow.subscription_cancel.subscription }
            : null,
          subscription_pause: null,
          subscription_update: null,
          subscription_update_confirm: null,
          type: flow.type,
        }
      : null,
    livemode: false,
    locale: (given.locale ?? null) as Stripe.BillingPortal.Session.Locale | null,
    on_behalf_of: null,
    return_url: given.return_url ?? configuration.default_return_url,
    url: `${app.url}/p/session/${made}`,
  } satisfies Wire<Stripe.BillingPortal.Session>;
  app.store.put('portal_sessions', session);
  app.emit('billing_portal.session.created', session);
  return strip(session);
}

export const portalSessionRoutes: Route[] = [
  { method: 'POST', pattern: '/v1/billing_portal/sessions', handler: createSession },
];
