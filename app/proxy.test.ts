import { NextRequest } from 'next/server';
import { expect, test } from 'vitest';
import { config, proxy } from '@/proxy';

const ask = (path: string) => proxy(new NextRequest(`http://localhost${path}`));

test.each(['%FF', 'a%00b', '%zz'])("a path with %s in it is refused in the API's words", async (id) => {
  const path = `/api/v1/admin/webhook-events/${id}`;
  expect(config.matcher.some((one) => new RegExp(`^${one}$`).test(path))).toBe(true);
  const response = ask(path);
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({
    error: { code: 'validation_failed', request_id: expect.stringMatching(/^req_/) },
  });
});

test('no page has such a path, signed in or not', () => {
  for (const id of ['%FF', 'a%00b']) expect(ask(`/admin/merchants/${id}`).status).toBe(404);
});

test('an ordinary path of the API goes by, an escaped one on', () => {
  expect(config.matcher.some((one) => new RegExp(`^${one}$`).test('/api/v1/usage'))).toBe(false);
  expect(ask('/api/v1/admin/subscriptions/store/%C3%A9').headers.get('x-middleware-next')).toBe('1');
});
