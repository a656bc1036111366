import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import Stripe from 'stripe';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import {
  callStripe,
  createStripe,
  isMissing,
  isOutage,
  isRefused,
  stripeError,
  withPatience,
} from './client';

// What the SDK makes of an answer can only be seen by giving it that answer: a server that says what it is told to say.
type Answer = (response: ServerResponse, call: number) => void;
let answer: Answer;
let calls = 0;
const server = createServer((_request, response) => answer(response, ++calls));
let stripe: Stripe;
beforeAll(async () => {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  stripe = createStripe('sk_test_local', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
afterAll(() => new Promise((done) => server.close(done)));
beforeEach(() => {
  calls = 0;
});

const says =
  (status: number, error: object, headers: Record<string, string> = {}): Answer =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify({ error: { type: 'invalid_request_error', message: 'no', ...error } }));
  };
const customer: Answer = (response) => response.end(JSON.stringify({ id: 'cus_1', object: 'customer' }));
const change = () => callStripe(() => stripe.customers.update('cus_1', { name: 'A' }));
const refusal = (call: () => Promise<unknown> = change) =>
  call().then(
    () => null,
    (error) => error,
  );

test.each<[string, Answer]>([
  ['a fault of its own', says(500, { type: 'api_error' })],
  [
    'a page of the proxy before it, which is no JSON',
    (response) => {
      response.writeHead(502, { 'content-type': 'text/html' });
      response.end('<h1>Bad gateway</h1>');
    },
  ],
  [
    'nothing at all',
    (response) => {
      response.writeHead(503);
      response.end();
    },
  ],
  ['the same call still under way', says(409, { type: 'idempotency_error', code: 'idempotency_key_in_use' })],
  ['a lock that another call holds', says(429, { code: 'lock_timeout' }, { 'stripe-should-retry': 'true' })],
  ['a revoked key', says(401, {})],
  ['a closed connection', (response) => response.destroy()],
])('%s is an outage: 502, and the caller is told when to come again', async (_name, said) => {
  answer = said;
  const error = await refusal();
  expect(error).toMatchObject({ kind: 'bad_gateway', code: 'stripe_unavailable' });
  expect(error.details.retryAfter).toBeGreaterThan(0);
  expect(isOutage(error)).toBe(true);
});

test('a rate limit is waited for by a person for two seconds, and by a job as long as it has patience', async () => {
  answer = (response, call) =>
    call < 3 ? says(429, { code: 'rate_limit' })(response, call) : customer(response, call);
  expect(await change()).toMatchObject({ id: 'cus_1' });
  expect(calls).toBe(3);

  answer = says(429, { code: 'rate_limit' });
  const began = Date.now();
  expect(await refusal()).toMatchObject({ code: 'stripe_unavailable' });
  expect(Date.now() - began).toBeLessThan(3_000);

  calls = 0;
  expect(await refusal(() => withPatience(0, change))).toMatchObject({ code: 'stripe_unavailable' });
  expect(calls).toBe(1);
  answer = (response, call) =>
    call < 2 ? says(429, {}, { 'retry-after': '3' })(response, call) : customer(response, call);
  calls = 0;
  expect(await refusal()).toMatchObject({ code: 'stripe_unavailable' });
  calls = 0;
  expect(await withPatience(10_000, change)).toMatchObject({ id: 'cus_1' });
});

test('an unforeseen refusal is a conflict that names what Stripe said, and can still be read by a verb', async () => {
  answer = says(400, { code: 'parameter_unknown', param: 'name' });
  const error = await refusal();
  expect(error).toMatchObject({
    kind: 'conflict',
    code: 'stripe_refused',
    details: { stripeCode: 'parameter_unknown', param: 'name' },
  });
  expect([isRefused(error), isMissing(error), isOutage(error)]).toEqual([true, false, false]);

  answer = says(404, { code: 'resource_missing', param: 'id' });
  expect(isMissing(await refusal())).toBe(true);
  answer = says(402, { type: 'card_error', code: 'card_declined', decline_code: 'insufficient_funds' });
  expect(await refusal()).toMatchObject({
    code: 'stripe_refused',
    details: { stripeCode: 'insufficient_funds' },
  });
  answer = says(400, { type: 'idempotency_error' });
  expect(await refusal()).toMatchObject({ code: 'stripe_refused' });
});

test('what is not set up is said, by name', async () => {
  answer = says(403, {
    message:
      "The provided key 'rk_test_*123' does not have the required permissions for this endpoint. Having the 'rak_customer_write' permission would allow this request to continue.",
  });
  expect(await refusal()).toMatchObject({
    kind: 'unavailable',
    code: 'payment_system_not_configured',
    details: { missing: 'rak_customer_write' },
  });
  answer = says(400, { code: 'stripe_tax_inactive' });
  expect(await refusal()).toMatchObject({
    code: 'payment_system_not_configured',
    details: { missing: 'tax' },
  });
});

test('an address that cannot be taxed is a fault of the address', async () => {
  answer = says(400, { code: 'customer_tax_location_invalid' });
  expect(await refusal()).toMatchObject({
    code: 'validation_failed',
    fields: [{ path: 'address', rule: 'tax_location' }],
  });
});

test('errors are known by their shape: bundles have copies of the SDK, whose classes differ', () => {
  const foreign = (type: string, more: object = {}) =>
    Object.assign(new Error('from a copy'), { type, ...more });
  expect(isOutage(foreign('StripeAPIError'))).toBe(true);
  expect(isOutage(new Stripe.errors.StripeConnectionError({ message: 'gone', type: 'api_error' }))).toBe(
    true,
  );
  expect(isRefused(foreign('StripeInvalidRequestError'))).toBe(true);
  expect(isOutage(new Error('ours'))).toBe(false);
  expect(stripeError(new Error('ours'))).toBeNull();
});
