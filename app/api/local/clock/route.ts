import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { verifySignature } from '@/lib/billing/inbox/signature';
import { database } from '@/lib/database';
import { env, isLocalStripe } from '@/lib/env';
import { invalid, NotFound } from '@/lib/errors';
import { errorResponse } from '@/lib/http';
import { runDueJobs } from '@/lib/jobs';
import { readBody } from '@/lib/request-body';
import { setClockOffset } from '@/lib/time';

const body = z.object({ now: z.number().int(), offset_ms: z.number().int() });

/**
 * Local Stripe's clock moved: keep its offset and run the jobs that fell due. Exists only with the local key, and only
 * local Stripe can sign for it.
 */
export async function POST(request: Request): Promise<Response> {
  const requestId = randomUUID();
  try {
    const secret = env().STRIPE_WEBHOOK_SECRET;
    if (!isLocalStripe() || !secret) throw new NotFound('route');
    const raw = await readBody(request, 10_000);
    verifySignature(raw, request.headers.get('stripe-signature'), [secret], new Date());
    const parsed = body.safeParse(parseJson(raw));
    if (!parsed.success) throw invalid('body', 'clock', 'needs now and offset_ms');
    const db = database();
    await setClockOffset(db, parsed.data.offset_ms);
    const jobs = await runDueJobs(db, new Date(parsed.data.now * 1000));
    return Response.json({ now: parsed.data.now, jobs });
  } catch (error) {
    return errorResponse(error, requestId);
  }
}

function parseJson(raw: string): unknown {
  try {
    return JSON.parse(raw);
  } catch {
    return null;
  }
}
