import type Stripe from 'stripe';

const PATH = '/api/webhooks/stripe';

/**
 * Makes local Stripe deliver to the app at `origin`: one endpoint, moved when the app moved. Idempotent. To be called
 * after the seeding, whose thousands of events are history that nobody waits for.
 */
export async function pointWebhooksAt(stripe: Stripe, origin: string): Promise<void> {
  const url = `${origin}${PATH}`;
  const { data } = await stripe.webhookEndpoints.list({ limit: 100 });
  const ours = data.find((endpoint) => new URL(endpoint.url).pathname === PATH);
  if (!ours) await stripe.webhookEndpoints.create({ url, enabled_events: ['*'] });
  else if (ours.url !== url) await stripe.webhookEndpoints.update(ours.id, { url });
}
