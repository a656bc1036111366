import { createServer } from 'node:http';
import { expect, test, vi } from 'vitest';

vi.stubEnv('DATABASE_URL', 'postgres://x@127.0.0.1/x');
vi.stubEnv('AUTH_SECRET', '0123456789abcdef0123456789abcdef');
vi.stubEnv('APP_URL', 'http://127.0.0.1');
const { clientAddress, forgetForwardedFor } = await import('./client-address');

test('the trusted proxy’s word is the last one', () => {
  expect(clientAddress(new Headers({ 'x-forwarded-for': '6.6.6.6, 10.0.0.7' }))).toBe('10.0.0.7');
  expect(clientAddress(new Headers({ 'x-forwarded-for': '::ffff:10.0.0.7' }))).toBe('10.0.0.7');
  expect(clientAddress(new Headers())).toBe('unknown');
});

test('without a trusted proxy nobody can give themselves another address', async () => {
  forgetForwardedFor();
  const server = createServer((request, response) => {
    response.end(String(request.headers['x-forwarded-for']));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const answer = await fetch(`http://127.0.0.1:${port}`, { headers: { 'x-forwarded-for': '6.6.6.6' } });
  expect(await answer.text()).toBe('undefined');
  server.close();
});
