/** Webhook endpoints: shape. https://docs.stripe.com/api/webhook_endpoints */
import type Stripe from 'stripe';
import type { App } from '../app';
import { invalid } from '../errors';
import type { Metadata, WebhookEndpoint, Wire } from '../types';

export function makeEndpoint(
  app: App,
  given: {
    url: string;
    events: string[];
    version?: string | null;
    description?: string | null;
    metadata?: Metadata;
  },
): WebhookEndpoint {
  if (!/^https?:\/\/\S+$/.test(given.url))
    throw invalid('Invalid URL: An explicit scheme (such as https) must be provided.', 'url', 'url_invalid');
  const endpoint: WebhookEndpoint = {
    ...({
      id: app.ids.make('we'),
      object: 'webhook_endpoint',
      api_version: given.version ?? null,
      application: null,
      created: app.now,
      description: given.description ?? null,
      enabled_events: given.events,
      livemode: false,
      metadata: given.metadata ?? {},
      status: 'enabled',
      url: given.url,
    } satisfies Wire<Stripe.WebhookEndpoint>),
    _: { secret: app.webhookSecret ?? app.ids.make('whsec') },
  };
  return app.store.put('webhook_endpoints', endpoint);
}
