#!/usr/bin/env bash
# stripe 23.1.0: `unit_amount_decimal` of a Price is a Decimal object when the price is the answer itself or stands where
# the schema has an object (a subscription's items). In an *expanded* field (a schedule's phase, a product's default_price)
# and in an event's object it stays the string of the wire. The types say `Decimal | null` everywhere, so
# `price.unit_amount_decimal.toNumber()` compiles and throws for three of the five. Way round: `Number(String(value))`.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private":true,"type":"module"}' > package.json
npm install --silent --no-audit --no-fund --save-exact stripe@23.1.0 typescript@5.9.3 @types/node@20.19.0
cat > try.mjs <<'JS'
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import Stripe from 'stripe';

const price = { id: 'price_1', object: 'price', unit_amount: null, unit_amount_decimal: '99.5' };
const objects = {
  prices: price,
  subscriptions: { object: 'subscription', items: { object: 'list', data: [{ object: 'subscription_item', price }] } },
  subscription_schedules: { object: 'subscription_schedule', phases: [{ items: [{ price }] }] },
  products: { object: 'product', default_price: price },
};
const server = createServer((request, response) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(objects[request.url.split('/')[2]]));
});
await new Promise((done) => server.listen(0, '127.0.0.1', done));
const { port } = server.address();
const stripe = new Stripe('sk_test_x', { host: '127.0.0.1', port, protocol: 'http' });
const body = JSON.stringify({ id: 'evt_1', object: 'event', type: 'price.updated', data: { object: price } });
const header = stripe.webhooks.generateTestHeaderString({ payload: body, secret: 'whsec_x' });
const schedule = await stripe.subscriptionSchedules.retrieve('s', { expand: ['phases.items.price'] });
const seen = {
  retrieved: (await stripe.prices.retrieve('p')).unit_amount_decimal,
  inSubscription: (await stripe.subscriptions.retrieve('s')).items.data[0].price.unit_amount_decimal,
  expandedInSchedule: schedule.phases[0].items[0].price.unit_amount_decimal,
  expandedInProduct: (await stripe.products.retrieve('p', { expand: ['default_price'] })).default_price.unit_amount_decimal,
  inEvent: stripe.webhooks.constructEvent(body, header, 'whsec_x').data.object.unit_amount_decimal,
};
server.close();
console.log(Object.entries(seen).map(([where, value]) => `${where}: ${typeof value} ${value}`).join('\n'));
assert.deepEqual(Object.values(seen).map((value) => typeof value), ['object', 'object', 'string', 'string', 'string']);
JS
node try.mjs
cat > types.ts <<'TS'
import type Stripe from 'stripe';
export const amount = (product: Stripe.Product) =>
  typeof product.default_price === 'object' ? product.default_price?.unit_amount_decimal?.toNumber() : undefined;
TS
npx --no-install tsc --noEmit --strict --skipLibCheck --module nodenext --target es2022 --types node types.ts
echo 'and it compiles as a Decimal'
