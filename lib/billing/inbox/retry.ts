import { and, asc, inArray, isNull, lte, or } from 'drizzle-orm';
import pMap from 'p-map';
import type { Db } from '@/db/client';
import { webhookEvents } from '@/db/schema';
import { type InboxDeps, processStored } from './process';

/**
 * Works off the events that are due: in order of arrival per customer, up to eight customers at once, a batch at a time
 * so that memory stays flat whatever the backlog. Returns how many ended how.
 */
export async function retryDueEvents(db: Db, deps: InboxDeps, realNow = new Date()) {
  const result = { processed: 0, ignored: 0, failed: 0, dead: 0 };
  for (let round = 0; round < 1000; round++) {
    const due = await db
      .select({ id: webhookEvents.id, customer: webhookEvents.stripeCustomerId })
      .from(webhookEvents)
      .where(
        and(
          inArray(webhookEvents.status, ['received', 'failed']),
          or(isNull(webhookEvents.nextAttemptAt), lte(webhookEvents.nextAttemptAt, realNow)),
        ),
      )
      .orderBy(asc(webhookEvents.receivedAt), asc(webhookEvents.id))
      .limit(200);
    if (due.length === 0) break;
    const queues = new Map<string, string[]>();
    for (const event of due) {
      const key = event.customer ?? event.id;
      queues.set(key, [...(queues.get(key) ?? []), event.id]);
    }
    const work = async (queue: string[]) => {
      for (const id of queue) {
        const { status } = await processStored(db, deps, id, { inOrder: true });
        if (status !== 'received') result[status]++;
      }
    };
    await pMap(queues.values(), work, { concurrency: 8 });
  }
  return result;
}
