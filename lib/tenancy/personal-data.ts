import { and, asc, eq, gt, inArray, lt, or, sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { customers, emails, stripeDifferences, webhookEvents } from '@/db/schema';
import { record } from '@/lib/billing/audit';
import { enqueue } from '@/lib/queue';
import { addDays } from '@/lib/time';

/** Fields of Stripe's objects, and of ours, that tell who somebody is or where they live. */
const PERSONAL = new Set([
  ...['name', 'email', 'phone', 'address', 'shipping', 'billing_details', 'receipt_email', 'individual_name'],
  ...['business_name', 'customer_name', 'customer_email', 'customer_phone', 'customer_address'],
  ...['customer_shipping', 'customer_tax_ids', 'customer_details', 'custom_fields', 'verification'],
  ...[
    'line1',
    'line2',
    'postalCode',
    'postal_code',
    'city',
    'state',
    'vatNumber',
    'vatTyped',
    'vatProof',
    'vatName',
    'vatAddress',
    'value',
  ],
  ...['last4', 'fingerprint', 'cardLast4', 'ip'],
]);

/** The same value, with null for what is personal in it, however deep. Ids, amounts and states stay. */
export function withoutPersonalData(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutPersonalData);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, PERSONAL.has(key) ? null : withoutPersonalData(inner)]),
  );
}

/**
 * Asks, in the transaction that closes a merchant, for what was stored about its people to be erased: now, in an hour, and
 * when Stripe has stopped repeating events of before (three days, stripe.md 3).
 */
export async function queueErasure(db: Db, merchantId: string, realNow: Date): Promise<void> {
  for (const days of [0, 1 / 24, 4]) {
    const key = `erase_personal_data:${merchantId}:${days}`;
    await enqueue(db, 'erase_personal_data', { merchantId }, { key, runAt: addDays(realNow, days) });
  }
}

const BATCH = 200;
/** An event that waits keeps what it carries until it is applied. */
const DONE = ['processed', 'ignored', 'dead'] as const;

/**
 * Erases what is stored about a closed merchant's people beside its own rows: in the events that Stripe sent, in
 * differences, and its e-mails (one that is still to be sent is left for a day). Invoices and the audit trail stay. Safe to
 * repeat and to be broken off: each batch is a transaction.
 */
export async function erasePersonalData(
  db: Db,
  merchantId: string,
  context: { now: Date },
): Promise<{ events: number; emails: number; differences: number }> {
  const gone = await db
    .delete(emails)
    .where(
      and(
        eq(emails.merchantId, merchantId),
        or(eq(emails.status, 'sent'), lt(emails.createdAt, sql`now() - interval '1 day'`)),
      ),
    )
    .returning({ id: emails.id });
  const differences = await eraseDifferences(db, merchantId);
  const [customer] = await db
    .select({ id: customers.stripeCustomerId })
    .from(customers)
    .where(eq(customers.merchantId, merchantId));
  let events = await eraseEvents(db, eq(webhookEvents.merchantId, merchantId));
  if (customer?.id) events += await eraseEvents(db, eq(webhookEvents.stripeCustomerId, customer.id));
  const erased = { events, emails: gone.length, differences };
  if (events + gone.length + differences > 0)
    await db.transaction((tx) =>
      record(
        tx,
        { actor: { kind: 'job', id: 'erase_personal_data' }, now: context.now },
        'merchant.erased',
        { id: merchantId, merchantId },
        { after: erased },
      ),
    );
  return erased;
}

async function eraseEvents(db: Db, whose: ReturnType<typeof eq>): Promise<number> {
  let erased = 0;
  for (let last = ''; ; ) {
    const batch = await db.transaction(async (tx) => {
      const rows = await tx
        .select({ id: webhookEvents.id, payload: webhookEvents.payload, changes: webhookEvents.changes })
        .from(webhookEvents)
        .where(and(whose, inArray(webhookEvents.status, [...DONE]), gt(webhookEvents.id, last)))
        .orderBy(asc(webhookEvents.id))
        .limit(BATCH)
        .for('update');
      const changed = changedBy(rows);
      if (changed.length > 0)
        await tx.execute(sql`
          update ${webhookEvents} e set payload = x.payload, changes = x.changes
          from jsonb_to_recordset(${JSON.stringify(changed)}::jsonb) x (id text, payload jsonb, changes jsonb)
          where e.id = x.id`);
      return { rows, changed: changed.length };
    });
    erased += batch.changed;
    last = batch.rows.at(-1)?.id ?? last;
    if (batch.rows.length < BATCH) return erased;
  }
}

async function eraseDifferences(db: Db, merchantId: string): Promise<number> {
  return db.transaction(async (tx) => {
    const rows = await tx
      .select({ id: stripeDifferences.id, local: stripeDifferences.local, stripe: stripeDifferences.stripe })
      .from(stripeDifferences)
      .where(eq(stripeDifferences.merchantId, merchantId))
      .for('update');
    const changed = changedBy(rows);
    if (changed.length > 0)
      await tx.execute(sql`
        update ${stripeDifferences} d set local = x.local, stripe = x.stripe
        from jsonb_to_recordset(${JSON.stringify(changed)}::jsonb) x (id text, local jsonb, stripe jsonb)
        where d.id = x.id`);
    return changed.length;
  });
}

/** Those rows of which something is erased, as they are afterwards. */
const changedBy = <Row extends { id: string }>(rows: Row[]): Row[] =>
  rows.flatMap((row) => {
    const next = withoutPersonalData(row) as Row;
    return JSON.stringify(next) === JSON.stringify(row) ? [] : [next];
  });
