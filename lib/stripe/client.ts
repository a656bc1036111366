import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout } from 'node:timers/promises';
import Stripe from 'stripe';
import { env } from '@/lib/env';
import { DomainError, invalid } from '@/lib/errors';
import { PaymentsNotConfigured, StripeRefused, StripeUnavailable } from '@/lib/stripe/errors';

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
export function createStripe(key: string, base?: string, retries = 1): Stripe {
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
    maxNetworkRetries: retries,
  });
}

const patience = new AsyncLocalStorage<number>();

/** How long a person's request waits out Stripe's rate limit, in milliseconds. */
const PERSONS_PATIENCE = 2_000;

/** Within `work`, calls wait up to `ms` milliseconds each for Stripe's rate limit to pass: jobs wait and go on. */
export const withPatience = <T>(ms: number, work: () => Promise<T>): Promise<T> => patience.run(ms, work);

/**
 * Runs one call to Stripe. What Stripe says becomes a refusal with the SDK's error as its cause: a Stripe that is down or
 * faulty `stripe_unavailable` (502), a rate limit likewise once it was waited for (the SDK does not, stripe.md 50), a key
 * that may not `payment_system_not_configured` (503), an address that cannot be taxed a fault of `address` (400), and all
 * else `stripe_refused` (409) for the verb to read with `isRefused`, `isMissing`, `stripeError`.
 * @throws StripeUnavailable, StripeRefused, PaymentsNotConfigured, ValidationFailed on `address`
 */
export async function callStripe<T>(call: () => Promise<T>): Promise<T> {
  const limit = patience.getStore() ?? PERSONS_PATIENCE;
  for (let waited = 0, pause = 200; ; pause = Math.min(pause * 2, 10_000)) {
    try {
      return await call();
    } catch (error) {
      const wait = isRateLimited(error) ? Math.max(pause, askedToWait(error)) : Number.POSITIVE_INFINITY;
      if (waited + wait > limit) throw toRefusal(error);
      waited += wait;
      // Not all at once again.
      await setTimeout(wait * (0.75 + Math.random() / 4));
    }
  }
}

function toRefusal(error: unknown): unknown {
  const failure = error instanceof DomainError ? null : stripeError(error);
  if (!failure) return error;
  if (isOutage(failure)) return new StripeUnavailable(failure);
  if (failure.type === 'StripePermissionError') {
    // The name of the missing permission stands in the sentence only (https://docs.stripe.com/keys/restricted-api-keys).
    return new PaymentsNotConfigured(/\brak_[a-z_]+/.exec(failure.message)?.[0] ?? 'permission', failure);
  }
  if (failure.code === 'stripe_tax_inactive') return new PaymentsNotConfigured('tax', failure);
  if (failure.code === 'customer_tax_location_invalid') {
    return invalid(
      'address',
      'tax_location',
      'cannot be placed for taxes: country, and postal code or state',
    );
  }
  return refusals.includes(failure.type) ? new StripeRefused(failure) : failure;
}

const refusals = ['StripeInvalidRequestError', 'StripeCardError', 'StripeIdempotencyError'];

/**
 * An error of Stripe's, also one that `callStripe` made a refusal of; null for any other. Told by its shape: pages and
 * routes are bundled with a copy of the SDK each and share one client, so that `instanceof` fails between them.
 */
export function stripeError(error: unknown): Stripe.errors.StripeError | null {
  const said = error instanceof DomainError ? error.cause : error;
  const type = said instanceof Error && 'type' in said ? said.type : null;
  return typeof type === 'string' && /^Stripe\w*Error$/.test(type)
    ? (said as Stripe.errors.StripeError)
    : null;
}

/**
 * True for what may pass by itself: no connection, a fault of Stripe's (5xx, a body that is no JSON, which has no status in
 * SDK 23; stripe.md 52), 429, a wrong or revoked key, the same call or the object's lock still held by another.
 */
export function isOutage(error: unknown): boolean {
  const failure = stripeError(error);
  return failure !== null && (outages.includes(failure.type) || isUnderWay(failure));
}

const outages = [
  'StripeConnectionError',
  'StripeAPIError',
  'StripeRateLimitError',
  'StripeAuthenticationError',
];

/** True when there were too many calls; a lock that is held (429 `lock_timeout`) is no such limit. */
function isRateLimited(error: unknown): boolean {
  const failure = stripeError(error);
  return failure?.type === 'StripeRateLimitError' && failure.code !== 'lock_timeout';
}

const askedToWait = (error: unknown): number =>
  Number(stripeError(error)?.headers?.['retry-after'] ?? 0) * 1000 || 0;

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
