import { sql } from 'drizzle-orm';
import { database } from '@/lib/database';
import { env } from '@/lib/env';
import { createStripe } from '@/lib/stripe/client';

const stripe = createStripe('sk_test_local');

/** Verifies with Stripe's own SDK and inserts the body; nothing is applied. */
export async function POST(request: Request): Promise<Response> {
  const body = await request.text();
  const signature = request.headers.get('stripe-signature') ?? '';
  const event = stripe.webhooks.constructEvent(body, signature, env().STRIPE_WEBHOOK_SECRET ?? '');
  await database().execute(
    sql`insert into bench_events (id, type, payload) values (${event.id}, ${event.type}, ${body}::jsonb)`,
  );
  return Response.json({ received: true, id: event.id });
}
