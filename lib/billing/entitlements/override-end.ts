import { and, eq, inArray, isNull } from 'drizzle-orm';
import type { Db, Tx } from '@/db/client';
import { overrides } from '@/db/schema';
import { type Account, ofAccount } from '@/lib/billing/accounts';
import { type Act, type Actor, entry, recordAll } from '@/lib/billing/audit';
import { NotFound } from '@/lib/errors';
import type { OverrideRow } from './override-lists';

export const authorOf = (actor: Actor) => (actor.kind === 'user' ? actor.id : `${actor.kind}:${actor.id}`);

export const endedAudit = (row: OverrideRow, reason?: string | null) =>
  entry('override.ended', row, { before: toFacts(row), reason });

/** Ends the exception of one feature: the tier's limit holds again at once. @throws NotFound when none stands */
export async function endOverride(
  db: Db,
  account: Account,
  featureCode: string,
  context: Act & { reason?: string },
): Promise<OverrideRow> {
  const { actor, now, reason } = context;
  return db.transaction(async (tx) => {
    const [ended] = await endStanding(tx, account, [featureCode], authorOf(actor), now);
    if (!ended) throw new NotFound('override', featureCode);
    await recordAll(tx, context, [endedAudit(ended, reason)]);
    return ended;
  });
}

/** Ends what stands for a merchant on any platform, in the transaction that closes it. */
export async function endOverridesOf(
  tx: Tx,
  merchantId: string,
  { actor, now, reason }: Act & { reason: string },
): Promise<void> {
  const ended = await tx
    .update(overrides)
    .set({ endedAt: now, endedBy: authorOf(actor) })
    .where(and(eq(overrides.merchantId, merchantId), isNull(overrides.endedAt)))
    .returning();
  await recordAll(
    tx,
    { actor, now },
    ended.map((row) => endedAudit(row, reason)),
  );
}

export async function endStanding(tx: Tx, account: Account, codes: string[], author: string, now: Date) {
  return tx
    .update(overrides)
    .set({ endedAt: now, endedBy: author })
    .where(
      and(ofAccount(overrides, account), inArray(overrides.featureCode, codes), isNull(overrides.endedAt)),
    )
    .returning();
}

export function toFacts(row: OverrideRow) {
  const { featureCode, hasLimit, limitValue, enabled, startsAt, expiresAt } = row;
  return { featureCode, ...(hasLimit ? { limitValue } : {}), enabled, startsAt, expiresAt };
}
