import { inArray } from 'drizzle-orm';
import Stripe from 'stripe';
import type { Db } from '@/db/client';
import { webhookEvents } from '@/db/schema';
import { callStripe } from '@/lib/stripe/client';
import { addDays, toUnix } from '@/lib/time';
import { handledTypes } from './effects';
import { receiveEvent } from './receive';

/** How far back Stripe's event list reaches (stripe.md D65). */
const EVENT_DAYS = 30;
/** An event may become visible a little after its moment, and what was under way at the last look was not seen. */
const OVERLAP_MS = 3_600_000;

export type MissedOptions = {
  now: Date;
  livemode: boolean;
  dryRun?: boolean;
  /** When they were last looked for; without it all that Stripe lists. */
  since?: Date | null;
  /** Only those that Stripe could not deliver: one call where nothing was missed (stripe.md 50). */
  undelivered?: boolean;
};

/**
 * Takes in the events that the inbox does not know, from Stripe's own list. Convergent. Answers how many there were.
 * @throws StripeUnavailable
 */
export async function takeMissedEvents(db: Db, stripe: Stripe, options: MissedOptions): Promise<number> {
  const oldest = addDays(options.now, -EVENT_DAYS).getTime();
  const from = options.since ? Math.max(options.since.getTime() - OVERLAP_MS, oldest) : oldest;
  const since = toUnix(new Date(from));
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
        // The list renders an event in the account's version, not ours (the types at `events.list`).
        const isDoorbell = event.api_version !== Stripe.API_VERSION;
        const deps = { stripe, livemode: options.livemode, now: options.now, isDoorbell };
        await receiveEvent(db, deps, JSON.stringify(event));
      }
    }
    batch = [];
  };
  const types = new Set(handledTypes);
  await callStripe(async () => {
    const asked = { created: { gte: since }, ...(options.undelivered ? { delivery_success: false } : {}) };
    for await (const event of stripe.events.list({ ...asked, limit: 100 })) {
      if (!types.has(event.type)) continue;
      batch.push(event);
      if (batch.length === 100) await flush();
    }
  });
  await flush();
  return missed;
}
