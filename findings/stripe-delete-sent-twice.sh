#!/usr/bin/env bash
# stripe 23.1.0 with `maxNetworkRetries: 0` still sends a request a second time when the connection is closed with no
# answer. A POST carries an idempotency key then, a DELETE (cancelling a subscription, deleting a customer) has none: if
# the first one was executed and only its answer was lost, the second ends in 404 and the call fails though it is done.
# Expected at 0: sent once. Way round: take a 404 that follows a DELETE as done.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private":true,"type":"module"}' > package.json
npm install --silent --no-audit --no-fund --save-exact stripe@23.1.0
cat > try.mjs <<'JS'
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import Stripe from 'stripe';

const seen = [];
const server = createServer((request, response) => {
  seen.push(`${request.method} ${request.url} ${request.headers['idempotency-key'] ? 'with' : 'without'} a key`);
  if (seen.length === 1) return request.socket.destroy(); // Executed, and its answer is lost.
  response.writeHead(404, { 'content-type': 'application/json' });
  response.end('{"error":{"type":"invalid_request_error","code":"resource_missing","message":"No such subscription"}}');
});
await new Promise((done) => server.listen(0, '127.0.0.1', done));
const { port } = server.address();
const stripe = new Stripe('sk_test_x', { host: '127.0.0.1', port, protocol: 'http', maxNetworkRetries: 0 });
const error = await stripe.subscriptions.cancel('sub_1').then(() => null, (failure) => failure);
console.log(seen, error.code, error.statusCode);
server.close();
assert.deepEqual(seen, Array(2).fill('DELETE /v1/subscriptions/sub_1 without a key'));
assert.deepEqual([error.code, error.statusCode], ['resource_missing', 404]);
JS
node try.mjs
