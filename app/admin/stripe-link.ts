import { env, isLiveMode, isLocalStripe } from '@/lib/env';

/** Where a person sees an object at Stripe: its dashboard, or local Stripe's own page. Undefined without payments. */
export function stripeLink(
  kind: 'customers' | 'subscriptions' | 'invoices' | 'prices',
  id: string,
): string | undefined {
  const { STRIPE_SECRET_KEY: key, STRIPE_API_BASE: base } = env();
  if (!key) return undefined;
  if (isLocalStripe()) return base;
  return `https://dashboard.stripe.com/${isLiveMode() ? '' : 'test/'}${kind}/${id}`;
}
