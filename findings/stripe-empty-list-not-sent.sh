#!/usr/bin/env bash
# stripe 23.1.0: an empty list or object in the parameters is left out of the request. `subscriptions.update(id,
# { discounts: [] })` sends an empty body, Stripe changes nothing and answers 200: the discounts stay, and nobody is told.
# The types allow both. What takes them away is the empty string.
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

const bodies = [];
const server = createServer(async (request, response) => {
  bodies.push((await request.toArray()).join(''));
  response.writeHead(200, { 'content-type': 'application/json' }).end('{"id":"sub_1","object":"subscription"}');
});
await new Promise((done) => server.listen(0, '127.0.0.1', done));
const { port } = server.address();
const stripe = new Stripe('sk_test_x', { host: '127.0.0.1', port, protocol: 'http' });
for (const given of [{ discounts: [] }, { metadata: {} }, { discounts: '' }, { metadata: '' }]) {
  await stripe.subscriptions.update('sub_1', given);
  console.log(JSON.stringify(given), '→', JSON.stringify(bodies.at(-1)));
}
server.close();
assert.deepEqual(bodies, ['', '', 'discounts=', 'metadata=']);
JS
node try.mjs
