import { createServer } from 'node:http';
import { createDb } from '@/db/client';
import { receiveEvent } from '@/lib/billing/inbox/receive';
import { verifySignature } from '@/lib/billing/inbox/signature';
import { createStripe } from '@/lib/stripe/client';

/*
 * A process that takes events in as the webhook route does, for tests that kill it: signature over the raw bytes, store
 * and apply in one transaction, 200 after the commit, 500 when storing failed. Its settings come by environment.
 */
const { DATABASE_URL = '', RECEIVER_STRIPE = '', RECEIVER_SECRET = '', RECEIVER_PORT = '0' } = process.env;
const { db } = createDb(DATABASE_URL, { max: 8 });
const stripe = createStripe('sk_test_local', RECEIVER_STRIPE);

createServer((request, response) => {
  const parts: Buffer[] = [];
  request.on('data', (part: Buffer) => parts.push(part));
  request.on('end', async () => {
    try {
      const body = Buffer.concat(parts).toString('utf8');
      verifySignature(body, String(request.headers['stripe-signature']), [RECEIVER_SECRET], new Date());
      const created = (JSON.parse(body) as { created: number }).created;
      await receiveEvent(db, { stripe, livemode: false, now: new Date(created * 1000) }, body);
      response.writeHead(200).end();
    } catch {
      response.writeHead(500).end();
    }
  });
}).listen(Number(RECEIVER_PORT), '127.0.0.1', () => process.stdout.write('{"receiving": true}\n'));
