/**
 * The rate limiter: 25 operations a second in a sandbox, 100 in live mode, and 25 per endpoint (stripe.md D3).
 * https://docs.stripe.com/rate-limits — a bucket that holds more than a second's worth: 30 calls at once were seen to pass,
 * of 60 some were shed. Real time, for it is the caller's haste that is measured.
 */
import type { App } from '../app';
import { StripeError } from '../errors';

const PER_SECOND = { sandbox: 25, live: 100 };
const PER_ENDPOINT = 25;
/** Seconds' worth that a bucket holds. */
const BURST = 1.6;

interface Bucket {
  left: number;
  at: number;
}

export class RateLimiter {
  private readonly buckets = new Map<string, Bucket>();
  constructor(private readonly app: App) {}

  /** Counts one operation on `endpoint` (method and pattern), or refuses it. */
  take(endpoint: string, now = Date.now()): void {
    const { rate } = this.app.settings;
    if (rate === 'off') return;
    if (!this.drop('', PER_SECOND[rate], now)) throw limited('global-rate');
    if (!this.drop(endpoint, PER_ENDPOINT, now)) throw limited('endpoint-rate');
  }

  private drop(name: string, perSecond: number, now: number): boolean {
    const full = perSecond * BURST;
    const bucket = this.buckets.get(name) ?? { left: full, at: now };
    const left = Math.min(full, bucket.left + ((now - bucket.at) / 1000) * perSecond);
    this.buckets.set(name, { left: left < 1 ? left : left - 1, at: now });
    return left >= 1;
  }
}

/** No header asks to retry, and the SDK does not (stripe.md 50). */
export function limited(reason: 'global-rate' | 'endpoint-rate'): StripeError {
  return new StripeError(
    429,
    {
      type: 'invalid_request_error',
      code: 'rate_limit',
      message: 'Too many requests in too short a time. Wait a little, and longer each time.',
    },
    false,
    { 'stripe-rate-limited-reason': reason },
  );
}

/** Another request holds the object: 429 as well, but with the header that asks to retry (stripe.md D11). */
export function locked(): StripeError {
  return new StripeError(
    429,
    {
      type: 'invalid_request_error',
      code: 'lock_timeout',
      message: 'This object is in use by another request. Try again.',
    },
    false,
    { 'stripe-should-retry': 'true' },
  );
}
