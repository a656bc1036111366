import Stripe from 'stripe';
import { env } from '@/lib/env';
import { PaymentsNotConfigured, StripeUnavailable } from '@/lib/stripe/errors';

const kept = globalThis as unknown as { tierlineStripe?: Stripe };

/** The process's Stripe client, or null without a key. The only `new Stripe` of the app. */
export function findStripe(): Stripe | null {
  const { STRIPE_SECRET_KEY: key, STRIPE_API_BASE: base } = env();
  if (!key) return null;
  kept.tierlineStripe ??= createStripe(key, base);
  return kept.tierlineStripe;
}

/** The client, or `payment_system_not_configured` (503). */
export function requireStripe(): Stripe {
  const stripe = findStripe();
  if (!stripe) throw new PaymentsNotConfigured();
  return stripe;
}

/** A client for a key; `base` only for local Stripe. The SDK repeats what failed on the network twice, under one idempotency key. */
export function createStripe(key: string, base?: string): Stripe {
  const common = { maxNetworkRetries: 2, timeout: 20_000, telemetry: false, appInfo: { name: 'Tierline' } };
  if (!base) return new Stripe(key, common);
  const url = new URL(base);
  const protocol = url.protocol === 'https:' ? 'https' : 'http';
  return new Stripe(key, {
    ...common,
    host: url.hostname,
    port: url.port || (protocol === 'https' ? '443' : '80'),
    protocol,
    timeout: 8_000,
    maxNetworkRetries: 1,
  });
}

/**
 * Runs calls to Stripe; a Stripe that is down, overloaded or faulty becomes `stripe_unavailable` (502). What Stripe
 * says about the request itself (a declined card, a missing object) passes through for the verb to read.
 */
export async function callStripe<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (isOutage(error)) throw new StripeUnavailable(error);
    throw error;
  }
}

/**
 * An error of Stripe's, null for any other. Told by its shape: pages and routes are bundled with a copy of the SDK each
 * and share one client, so that `instanceof` fails between them.
 */
export function stripeError(error: unknown): Stripe.errors.StripeError | null {
  const type = error instanceof Error && 'type' in error ? error.type : null;
  return typeof type === 'string' && /^Stripe\w*Error$/.test(type)
    ? (error as Stripe.errors.StripeError)
    : null;
}

const outages = [
  'StripeConnectionError',
  'StripeRateLimitError',
  'StripeAuthenticationError',
  'StripePermissionError',
];

/** True for what may pass by itself: no connection, 5xx, 429, a wrong or revoked key, the same call still under way. */
export function isOutage(error: unknown): boolean {
  const failure = stripeError(error);
  if (!failure) return false;
  return outages.includes(failure.type) || isUnderWay(failure) || (failure.statusCode ?? 0) >= 500;
}

/** True when another call has the same idempotency key and no answer yet. */
export function isUnderWay(error: unknown): boolean {
  return stripeError(error)?.code === 'idempotency_key_in_use';
}

/** True when the idempotency key was used for another request before (https://docs.stripe.com/api/idempotent_requests). */
export function isKeyTaken(error: unknown): boolean {
  return stripeError(error)?.type === 'StripeIdempotencyError' && !isUnderWay(error);
}

/** True when Stripe understood the request and refuses it as it is. */
export function isRefused(error: unknown): boolean {
  return stripeError(error)?.type === 'StripeInvalidRequestError';
}

/** True when Stripe does not know the object. */
export function isMissing(error: unknown): boolean {
  return isRefused(error) && stripeError(error)?.code === 'resource_missing';
}
