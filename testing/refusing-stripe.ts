import { createServer, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createStripe } from '@/lib/stripe/client';

export type Refuses = (response: ServerResponse) => void;

/**
 * A way to local Stripe on which, from a call on, every one is answered with a refusal instead of being handed on. The
 * client on it repeats nothing, so that a refusal is met once.
 */
export async function openRefusingStripe(target: string) {
  let from = Number.POSITIVE_INFINITY;
  let refuse: Refuses = () => {};
  let calls = 0;
  const server = createServer((asked, answer) => {
    if (++calls >= from) {
      asked.resume();
      refuse(answer);
      return;
    }
    const { hostname, port } = new URL(target);
    const { url: path, method, headers } = asked;
    const onward = request({ hostname, port, path, method, headers }, (said) => {
      answer.writeHead(said.statusCode ?? 500, said.headers);
      said.pipe(answer);
    });
    onward.on('error', () => answer.destroy());
    asked.pipe(onward);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return {
    stripe: createStripe('sk_test_local', `http://127.0.0.1:${port}`, 0),
    /** Refuses the call of this number (from 1) and all after it. */
    refuseFrom(call: number, how: Refuses) {
      calls = 0;
      from = call;
      refuse = how;
    },
    /** How many calls there were since. */
    calls: () => calls,
    close: () =>
      new Promise<void>((done) => {
        server.closeAllConnections();
        server.close(() => done());
      }),
  };
}

/** Refuses as Stripe does: status, and the error of its body (https://docs.stripe.com/api/errors). */
export const says =
  (status: number, error: object): Refuses =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json', 'request-id': 'req_refused' });
    response.end(JSON.stringify({ error: { type: 'invalid_request_error', message: 'No.', ...error } }));
  };
