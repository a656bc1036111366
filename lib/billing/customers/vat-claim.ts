import { and, eq, sql } from 'drizzle-orm';
import type { Db, Tx } from '@/db/client';
import { invoices, vatDecisions } from '@/db/schema';
import { type Act, record } from '@/lib/billing/audit';
import { DomainError, NotFound } from '@/lib/errors';

export type InvoiceRow = typeof invoices.$inferSelect;
export type Decided = { invoiceId: string; reason: string };

type Why = 'no_issue' | 'decided' | 'under_way' | 'half_way' | 'not_charged' | 'only_accept' | 'nothing_kept';

/**
 * 409, of what a person decides about an invoice without VAT. `no_issue`: it needs no decision; `decided`: it has one;
 * `under_way`: it is just being made again; `half_way`: it was credited and is not yet made again. Of making again:
 * `not_charged`: no VAT is due by the rule; `only_accept`: it sold credits; `nothing_kept`: all of it went back.
 */
export class VatDecisionConflict extends DomainError {
  constructor(reason: Why, cause?: unknown) {
    super('conflict', 'vat_decision', { reason }, cause === undefined ? undefined : { cause });
  }
}

/** The invoice, that is for a person to decide, or that somebody began to make again. @throws NotFound, VatDecisionConflict */
export async function requireOpen(
  db: Db | Tx,
  id: string,
  lock?: 'lock',
): Promise<{ row: InvoiceRow; isClaimed: boolean }> {
  const query = db.select().from(invoices).where(eq(invoices.id, id));
  const [row] = await (lock ? query.for('update') : query);
  if (!row) throw new NotFound('invoice', id);
  const [decided] = await db.select().from(vatDecisions).where(eq(vatDecisions.invoiceId, id));
  const isClaimed = decided?.decision === 'reissuing';
  if (decided && !isClaimed) throw new VatDecisionConflict('decided');
  if (!row.vatIssue && !isClaimed) throw new VatDecisionConflict('no_issue');
  return { row, isClaimed };
}

/**
 * Runs `work`, which makes an invoice again, for one caller at a time. The lock goes with its connection: a process that dies
 * leaves none behind, its claim is gone on with. Runs no statement in between: `work` writes in transactions of its own.
 * @throws VatDecisionConflict `under_way`
 */
export function alone<T>(db: Db, invoiceId: string, work: () => Promise<T>): Promise<T> {
  return db.transaction(async (lock) => {
    const [got] = await lock.execute<{ got: boolean }>(
      sql`select pg_try_advisory_xact_lock(hashtextextended(${`vat reissue:${invoiceId}`}, 0)) as got`,
    );
    if (!got?.got) throw new VatDecisionConflict('under_way');
    return work();
  });
}

/**
 * Says in the database that an invoice is being made again, before Stripe is asked: nobody else decides about it from then on.
 * One that was claimed before stays so. @throws NotFound, VatDecisionConflict
 */
export function claim(db: Db, input: Act & Decided): Promise<InvoiceRow> {
  return db.transaction(async (tx) => {
    const { row, isClaimed } = await requireOpen(tx, input.invoiceId, 'lock');
    if (!isClaimed) await write(tx, row, input, { decision: 'reissuing' });
    return row;
  });
}

/** Takes a claim back of which nothing came: at Stripe the invoice is as it was. */
export function unclaim(db: Db, row: InvoiceRow, { actor, now, reason }: Act & Decided): Promise<void> {
  return db.transaction(async (tx) => {
    await tx.delete(vatDecisions).where(isClaimOf(row));
    const { id, merchantId, platformId } = row;
    const change = { before: { decision: 'reissuing' }, after: { decision: null }, reason };
    await record(tx, { actor, now }, 'invoice.vat_undecided', { id, merchantId, platformId }, change);
  });
}

/** A claim that was carried out: the decision, by who finished it. */
export function finish(
  db: Db,
  row: InvoiceRow,
  input: Act & Decided,
  made: { creditNoteId: string; reissuedAs: string },
): Promise<void> {
  return db.transaction(async (tx) => {
    await tx.delete(vatDecisions).where(isClaimOf(row));
    await write(tx, row, input, { decision: 'reissued', ...made });
  });
}

const isClaimOf = (row: InvoiceRow) =>
  and(eq(vatDecisions.invoiceId, row.id), eq(vatDecisions.decision, 'reissuing'));

/** A decision with its audit row. */
export async function write(
  tx: Tx,
  row: InvoiceRow,
  { actor, now, reason }: Act & Decided,
  what: Pick<typeof vatDecisions.$inferInsert, 'decision' | 'creditNoteId' | 'reissuedAs'>,
): Promise<void> {
  const who = { actorKind: actor.kind, actorId: actor.id, at: now };
  await tx.insert(vatDecisions).values({ invoiceId: row.id, reason, ...who, ...what });
  const { id, merchantId, platformId } = row;
  await record(
    tx,
    { actor, now },
    `invoice.vat_${what.decision}`,
    { id, merchantId, platformId },
    { before: { number: row.number, vatIssue: row.vatIssue }, after: what, reason },
  );
}
