import { inArray } from 'drizzle-orm';
import type Stripe from 'stripe';
import type { Db } from '@/db/client';
import { webhookEvents } from '@/db/schema';
import { callStripe } from '@/lib/stripe/client';
import { addDays, toUnix } from '@/lib/time';
import { handledTypes } from './effects';
import { receiveEvent } from './receive';

/** How far back Stripe's event list reaches. */
const EVENT_DAYS = 30;
/** Takes in the events of the last 30 days that the inbox does not know. */
export async function takeMissedEvents(
  db: Db,
  stripe: Stripe,
  options: { now: Date; livemode: boolean; dryRun?: boolean },
): Promise<number> {
  const since = toUnix(addDays(options.now, -EVENT_DAYS));
  let missed = 0;
  let batch: Stripe.Event[] = [];
  const flush = async () => {
    if (batch.length === 0) return;
    const ids = batch.map((event) => event.id);
    const known = await db
      .select({ id: webhookEvents.id })
      .from(webhookEvents)
      .where(inArray(webhookEvents.id, ids));
    const have = new Set(known.map((row) => row.id));
    // Oldest first: most then apply by themselves.
    for (const event of batch.filter((one) => !have.has(one.id)).reverse()) {
      missed++;
      if (!options.dryRun) {
        await receiveEvent(
          db,
          { stripe, livemode: options.livemode, now: options.now },
          JSON.stringify(event),
        );
      }
    }
    batch = [];
  };
  const types = new Set(handledTypes);
  await callStripe(async () => {
    for await (const event of stripe.events.list({ created: { gte: since }, limit: 100 })) {
      if (!types.has(event.type)) continue;
      batch.push(event);
      if (batch.length === 100) await flush();
    }
  });
  await flush();
  return missed;
}
