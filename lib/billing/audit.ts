import type { Tx } from '@/db/client';
import { newId } from '@/db/ids';
import { actorKinds, auditLog } from '@/db/schema';

/** Who does something: a person, a key, a job, a Stripe event, or the system itself (seed, import). */
export type Actor = { kind: (typeof actorKinds)[number]; id: string };

export { actorKinds };

/** What an action is about, where that is not its first word. */
const ABOUT: Record<string, string> = {
  trial: 'subscription',
  billing_details: 'customer',
  limit: 'feature',
  event: 'webhook_event',
  team: 'user',
  'team.invited': 'invitation',
  'team.invitation_withdrawn': 'invitation',
};

type About = { id: string; merchantId?: string | null; platformId?: string | null };
type Said = { before?: unknown; after?: unknown; reason?: string | null };
export type AuditEntry = ReturnType<typeof entry>;

/** One line of the audit trail: what was done to which row. The first word of an action mostly says what it is about. */
export function entry(action: string, { id, merchantId, platformId }: About, said: Said = {}) {
  const [first = ''] = action.split('.');
  const entity = ABOUT[action] ?? ABOUT[first] ?? first;
  const { before, after, reason } = said;
  return { action, entity, entityId: id, merchantId, platformId, before, after, reason };
}

/** Writes who changed what, in the transaction of the change. */
export const record = (tx: Tx, act: Act, action: string, row: About, said?: Said): Promise<void> =>
  recordAll(tx, act, [entry(action, row, said)]);

/** The same for several lines, which may be none. */
export async function recordAll(tx: Tx, { actor, now }: Act, entries: AuditEntry[]): Promise<void> {
  if (entries.length === 0) return;
  const who = { actorKind: actor.kind, actorId: actor.id, at: now };
  await tx.insert(auditLog).values(entries.map((one) => ({ id: newId('aud'), ...who, ...one })));
}

/** Only the columns that differ, for an audit row that a person can read; null when nothing does. */
export function changedFields<T extends Record<string, unknown>>(
  before: T | null | undefined,
  after: Partial<T>,
): { before: Partial<T> | null; after: Partial<T> } | null {
  const was: Partial<T> = {};
  const is: Partial<T> = {};
  for (const key of Object.keys(after) as (keyof T)[]) {
    if (before && sameValue(before[key], after[key])) continue;
    if (before) was[key] = before[key];
    is[key] = after[key];
  }
  if (Object.keys(is).length === 0) return null;
  return { before: before ? was : null, after: is };
}

function sameValue(a: unknown, b: unknown): boolean {
  if (a instanceof Date && b instanceof Date) return a.getTime() === b.getTime();
  if (typeof a === 'object' && typeof b === 'object') return canonical(a) === canonical(b);
  return (a ?? null) === (b ?? null);
}

/** As PostgreSQL keeps it: jsonb gives keys back in an order of its own, and dates as text. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

/** Who causes the sync, and business time. `quiet`: no e-mails (an import tells nobody of what they had before). */
export type Act = { actor: Actor; now: Date; quiet?: boolean };
