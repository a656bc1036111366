import { and, eq } from 'drizzle-orm';
import type { AnyPgColumn, PgTable } from 'drizzle-orm/pg-core';
import type Stripe from 'stripe';
import type { Db, Tx } from '@/db/client';
import { newId } from '@/db/ids';
import type { Change } from '@/db/schema';
import { type Act, changedFields } from '@/lib/billing/audit';

/** When a snapshot was true by Stripe's clock. A fetched one also says which version of our row it was fetched against. */
export type Moment = { at: Date; fetchedAgainst?: number | null };

/**
 * What became of a snapshot. `settle`: it is not strictly newer than what was applied, or not whole: only Stripe itself
 * can say, fetch it. `ignored`: not ours.
 */
export type Outcome =
  | { kind: 'applied'; merchantId: string | null; changes: Change[] }
  | { kind: 'settle' }
  | ({ kind: 'ignored' } & Ignored);

/** Why something is not ours: a code and its facts. */
export type Ignored = { code: IgnoredCode; details?: Record<string, unknown> };

type IgnoredCode =
  | 'no_customer'
  | 'unknown_customer'
  | 'other_bill'
  | 'gone_at_stripe'
  | 'not_ours'
  | 'nothing_to_change'
  | 'thin_event'
  | 'connected_account'
  | 'other_livemode'
  | 'unknown_type';

/** How one kind of Stripe object is mirrored. `apply` is the only writer of the columns that Stripe owns. */
export type Mirror<Snapshot> = {
  read(raw: unknown): Snapshot;
  /** Reads the object from Stripe, whole, with the moment it was true. */
  fetch(stripe: Stripe, id: string): Promise<{ snapshot: Snapshot; at: Date }>;
  /** The sync number of our row, null without one. */
  syncNumber(db: Db, id: string): Promise<number | null>;
  apply(tx: Tx, snapshot: Snapshot, moment: Moment, context: Act): Promise<Outcome>;
};

/** A row was written between our reading and our writing it: the whole is done again, from what Stripe says now. */
export class Moved extends Error {
  override name = 'Moved';
}

/**
 * Whether a snapshot may be written over a row. Strictly newer by Stripe's clock wins. A fetched one wins when nothing
 * was applied since it was asked for. All else, the same second included, must be settled by fetching (stripe.md 2, 45).
 */
export function mayApply(
  row: { syncedAt: Date | null; syncNumber: number } | null | undefined,
  moment: Moment,
): boolean {
  if (moment.fetchedAgainst !== undefined) return (row?.syncNumber ?? null) === moment.fetchedAgainst;
  if (!row?.syncedAt) return true;
  return moment.at > row.syncedAt;
}

type Kind = {
  table: PgTable & { id: AnyPgColumn; syncNumber: AnyPgColumn };
  entity: string;
  prefix: Parameters<typeof newId>[0];
};

type Sync = { syncedAt: Date; syncNumber: number; updatedAt?: Date };

/**
 * Writes the columns that a snapshot says over their row, or with those of `fresh` as a new one, and when they were true.
 * Answers what changed; null when nothing did. @throws Moved when the row was written since it was read
 */
export async function upsertMirrored<Next extends Record<string, unknown>>(
  tx: Tx,
  { table, entity, prefix }: Kind,
  row: { id: string; syncNumber: number } | undefined,
  next: Next,
  { sync, fresh }: { sync: Sync; fresh: () => object | Promise<object> },
): Promise<Change | null> {
  const changed = changedFields(row as Partial<Next> | undefined, next);
  const id = row?.id ?? newId(prefix);
  const either: PgTable = table;
  if (!row) await tx.insert(either).values({ id, ...(await fresh()), ...next, ...sync });
  else {
    const written = await tx
      .update(either)
      .set({ ...(changed ? next : {}), ...sync })
      .where(and(eq(table.id, id), eq(table.syncNumber, row.syncNumber)))
      .returning({ id: table.id });
    // The quick way needs no customer's lock: it may have been here since we read.
    if (changed && written.length === 0) throw new Moved(`${id} was written meanwhile`);
  }
  return changed && { entity, id, ...changed };
}

/** The moment a response was made, from its Date header (local Stripe sends its own clock). */
export function momentOf(response: { headers: Record<string, string> }): Date {
  const stamp = Date.parse(response.headers.date ?? '');
  return Number.isNaN(stamp) ? new Date(Math.floor(Date.now() / 1000) * 1000) : new Date(stamp);
}
