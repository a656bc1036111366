import { expect, test } from 'vitest';
import { readBody } from './request-body';

const post = (body: ReadableStream | string, headers: Record<string, string> = {}) =>
  new Request('http://shop.example/', { method: 'POST', body, headers, duplex: 'half' } as RequestInit);

test('a body within its limit is read whole', async () => {
  expect(await readBody(post('wîth signs'), 11)).toBe('wîth signs');
  expect(await readBody(new Request('http://shop.example/', { method: 'POST' }), 1)).toBe('');
});

test('one that says that it is larger is refused unread; one that does not say is read no further than its limit', async () => {
  let given = 0;
  const endless = () =>
    new ReadableStream({
      pull(controller) {
        given++;
        controller.enqueue(new Uint8Array(1_000));
      },
    });
  const tooLarge = { kind: 'too_large', code: 'payload_too_large', details: { limit: 5_000 } };
  await expect(readBody(post(endless(), { 'content-length': '200000000' }), 5_000)).rejects.toMatchObject(
    tooLarge,
  );
  expect(given).toBeLessThan(3);
  await expect(readBody(post(endless()), 5_000)).rejects.toMatchObject(tooLarge);
  expect(given).toBeLessThan(12);
});
