import { randomUUID } from 'node:crypto';
import { receiveEvent } from '@/lib/billing/inbox/receive';
import { verifySignature } from '@/lib/billing/inbox/signature';
import { database } from '@/lib/database';
import { env, isLiveMode } from '@/lib/env';
import { DomainError, NotFound } from '@/lib/errors';
import { errorResponse } from '@/lib/http';
import { findStripe } from '@/lib/stripe/client';
import { businessNow } from '@/lib/time';

const MAX_BYTES = 1_000_000;

/**
 * Stripe's doorbell. 200 once the event is stored (applied, or kept as failed for the worker), 400 for a signature that
 * is missing, wrong or too old, 404 while no secret is set, 5xx when storing fails: then Stripe rings again.
 */
export async function POST(request: Request): Promise<Response> {
  const requestId = randomUUID();
  try {
    const secrets = (env().STRIPE_WEBHOOK_SECRET ?? '')
      .split(',')
      .map((one) => one.trim())
      .filter(Boolean);
    if (secrets.length === 0) throw new NotFound('webhook endpoint');
    const body = await readBody(request);
    verifySignature(body, request.headers.get('stripe-signature'), secrets, new Date());
    const db = database();
    const livemode = isLiveMode();
    const row = await receiveEvent(db, { stripe: findStripe(), livemode, now: await businessNow(db) }, body);
    return Response.json({ received: true, id: row.id, status: row.status });
  } catch (error) {
    return errorResponse(error, requestId);
  }
}

/** The raw body, read no further than its limit: anybody may knock here. @throws DomainError payload_too_large */
async function readBody(request: Request): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of request.body ?? []) {
    size += part.byteLength;
    if (size > MAX_BYTES) throw new DomainError('too_large', 'payload_too_large', { limit: MAX_BYTES });
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}
