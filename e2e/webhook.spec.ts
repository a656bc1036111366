import { createHmac } from 'node:crypto';
import { controlStripe, expect, test } from './fixtures';

const body = JSON.stringify({
  id: 'evt_e2e_1',
  object: 'event',
  type: 'customer.updated',
  created: 1,
  livemode: false,
  data: { object: { id: 'cus_stranger', object: 'customer' } },
});

test('the webhook route refuses a wrong, missing or old signature', async ({ request }) => {
  const time = Math.floor(Date.now() / 1000);
  const sign = (at: number) => createHmac('sha256', 'wrong').update(`${at}.${body}`).digest('hex');
  for (const header of [
    undefined,
    'garbage',
    `t=${time},v1=${sign(time)}`,
    `t=${time - 4000},v1=${sign(time - 4000)}`,
  ]) {
    for (const path of ['/api/webhooks/stripe', '/api/v1/webhooks/stripe']) {
      const answer = await request.post(path, {
        headers: { 'content-type': 'application/json', ...(header ? { 'stripe-signature': header } : {}) },
        data: body,
      });
      expect(answer.status(), `${path} ${header}`).toBe(400);
      expect((await answer.json()).error.code).toBe('invalid_signature');
    }
  }
});

test('every delivery of local Stripe was answered with 200', async () => {
  const deliveries = await controlStripe<{ status: string; type: string }[]>('deliveries');
  expect(deliveries.filter((one) => one.status === 'failed')).toEqual([]);
});

test('a body that is too large is refused on every route, before it is read', async ({ request }) => {
  const data = 'x'.repeat(1_100_000);
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  for (const path of [
    '/api/auth/callback/credentials',
    '/api/auth/signout',
    '/api/webhooks/stripe',
    '/api/v1/check',
    '/api/local/clock',
    '/sign-in',
  ])
    expect((await request.post(path, { headers, data })).status(), path).toBe(413);
});

test('the installation is well', async ({ request }) => {
  const answer = await request.get('/api/health');
  expect(await answer.json()).toMatchObject({
    status: 'ok',
    checks: { database: { status: 'ok' }, stripe: { status: 'ok' }, worker: { status: 'ok' } },
  });
});
