import { randomUUID } from 'node:crypto';
import { receiveEvent } from '@/lib/billing/inbox/receive';
import { verifySignature } from '@/lib/billing/inbox/signature';
import { database } from '@/lib/database';
import { env, isLiveMode } from '@/lib/env';
import { NotFound } from '@/lib/errors';
import { errorResponse } from '@/lib/http';
import { readBody } from '@/lib/request-body';
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
    const body = await readBody(request, MAX_BYTES);
    verifySignature(body, request.headers.get('stripe-signature'), secrets, new Date());
    const db = database();
    const livemode = isLiveMode();
    const row = await receiveEvent(db, { stripe: findStripe(), livemode, now: await businessNow(db) }, body);
    return Response.json({ received: true, id: row.id, status: row.status });
  } catch (error) {
    return errorResponse(error, requestId);
  }
}
