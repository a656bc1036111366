#!/usr/bin/env bash
# stripe 23.1.0: when something in front of Stripe answers with an HTML page or with nothing (a 502 or 503 of a gateway,
# a 429 of a firewall), the error is a `StripeAPIError` "Invalid JSON received from the Stripe API" whose `statusCode` is
# undefined. An outage cannot be told from a faulty answer by its status. With a JSON body the same status is there.
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

const answers = [
  [502, 'text/html', '<html><body>Bad gateway</body></html>'],
  [503, 'text/plain', ''],
  [502, 'application/json', '{"error":{"type":"api_error","message":"down"}}'],
];
const server = createServer((request, response) => {
  const [status, type, body] = answers[Number(request.url.at(-1))];
  response.writeHead(status, { 'content-type': type }).end(body);
});
await new Promise((done) => server.listen(0, '127.0.0.1', done));
const { port } = server.address();
const stripe = new Stripe('sk_test_x', { host: '127.0.0.1', port, protocol: 'http', maxNetworkRetries: 0 });
const seen = [];
for (const [i, [status, type]] of answers.entries()) {
  const error = await stripe.customers.retrieve(`cus_${i}`).then(() => null, (failure) => failure);
  seen.push([error.type, error.statusCode]);
  console.log(`${status} ${type} →`, error.type, 'statusCode', error.statusCode, '·', error.message);
}
server.close();
assert.deepEqual(seen, [['StripeAPIError', undefined], ['StripeAPIError', undefined], ['StripeAPIError', 502]]);
JS
node try.mjs
