import Stripe from 'stripe';
import { expect, test } from 'vitest';
import { StripeUnavailable } from '@/lib/stripe/errors';
import { callStripe, isMissing, isOutage, isRefused } from './client';

/** An error as another copy of the SDK makes it: the same fields, another class. */
const foreign = (type: string, more: object = {}) =>
  Object.assign(new Error('from a copy'), { type, ...more });

test('an outage is known by its shape: bundles have copies of the SDK, whose classes differ', async () => {
  const api = new Stripe.errors.StripeAPIError({ message: 'down', type: 'api_error' });
  for (const outage of [
    foreign('StripeAPIError', { statusCode: 500 }),
    foreign('StripeConnectionError'),
    foreign('StripeRateLimitError', { statusCode: 429 }),
    new Stripe.errors.StripeConnectionError({ message: 'gone', type: 'api_error' }),
    Object.assign(api, { statusCode: 503 }),
  ]) {
    expect(isOutage(outage), outage.message).toBe(true);
    await expect(callStripe(() => Promise.reject(outage))).rejects.toBeInstanceOf(StripeUnavailable);
  }
  expect(isOutage(foreign('StripeCardError', { statusCode: 402 }))).toBe(false);
  expect(isOutage(new Error('ours'))).toBe(false);
});

test('so is a refusal', () => {
  const missing = foreign('StripeInvalidRequestError', { statusCode: 404, code: 'resource_missing' });
  expect([isRefused(missing), isMissing(missing), isOutage(missing)]).toEqual([true, true, false]);
  expect(isMissing(foreign('StripeInvalidRequestError', { statusCode: 400 }))).toBe(false);
  expect(isRefused(foreign('StripeCardError'))).toBe(false);
});
