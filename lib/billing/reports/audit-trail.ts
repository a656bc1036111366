import { and, type Column, desc, eq, gte, inArray, lt, type SQL, sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { apiKeys, auditLog, merchants, stores, users } from '@/db/schema';
import { type Cursor, olderThan } from '@/lib/page';

export type AuditRow = typeof auditLog.$inferSelect & {
  actorName: string | null;
  merchantName: string | null;
  /** Of a person, key or merchant that was changed; null for what has no name of its own. */
  entityName: string | null;
};

export type AuditFilter = {
  merchantId?: string;
  merchantIds?: string[];
  actorIds?: string[];
  actorKind?: AuditRow['actorKind'];
  action?: string;
  entity?: string;
  entityId?: string;
  from?: Date;
  to?: Date;
  before?: Cursor;
  limit: number;
};

/** The audit trail, newest first, by cursor, with the names of people, keys and merchants. A few statements, however many rows. */
export async function listAudit(db: Db, filter: AuditFilter): Promise<AuditRow[]> {
  const where: (SQL | undefined)[] = [
    filter.merchantId ? eq(auditLog.merchantId, filter.merchantId) : undefined,
    filter.merchantIds ? among(auditLog.merchantId, filter.merchantIds) : undefined,
    filter.actorIds ? among(auditLog.actorId, filter.actorIds) : undefined,
    filter.actorKind ? eq(auditLog.actorKind, filter.actorKind) : undefined,
    filter.action ? eq(auditLog.action, filter.action) : undefined,
    filter.entity ? eq(auditLog.entity, filter.entity) : undefined,
    filter.entityId ? eq(auditLog.entityId, filter.entityId) : undefined,
    filter.from ? gte(auditLog.at, filter.from) : undefined,
    filter.to ? lt(auditLog.at, filter.to) : undefined,
    // Rows compare as the index orders them: a page deep in the trail costs what the first one does.
    olderThan(auditLog.at, auditLog.id, filter.before),
  ];
  const rows = await db
    .select({ row: auditLog, merchantName: merchants.name })
    .from(auditLog)
    .leftJoin(merchants, eq(merchants.id, auditLog.merchantId))
    .where(and(...where))
    .orderBy(desc(auditLog.at), desc(auditLog.id))
    .limit(filter.limit);
  const nameOf = await loadNames(
    db,
    rows.flatMap(({ row }) => [row.actorId, row.entityId]),
  );
  return rows.map(({ row, merchantName }) => ({
    ...row,
    merchantName,
    actorName: nameOf.get(row.actorId) ?? null,
    entityName: nameOf.get(row.entityId) ?? null,
  }));
}

/** One of a few: a single one reads as an equation, so that the index gives the order too. */
const among = (column: Column, ids: string[]): SQL =>
  ids.length === 1 ? eq(column, ids[0] ?? '') : inArray(column, ids);

/** What people and API keys are called, by id; other ids are passed over. */
export async function loadNames(db: Db, ids: (string | null)[]): Promise<Map<string, string>> {
  const starting = (prefix: string) => [
    ...new Set(ids.filter((id): id is string => id?.startsWith(prefix) ?? false)),
  ];
  const [people, keys] = [starting('usr_'), starting('key_')];
  const lists = await Promise.all([
    people.length > 0
      ? db.select({ id: users.id, name: users.name }).from(users).where(inArray(users.id, people))
      : [],
    keys.length > 0
      ? db.select({ id: apiKeys.id, name: apiKeys.name }).from(apiKeys).where(inArray(apiKeys.id, keys))
      : [],
  ]);
  return new Map(lists.flat().map((one) => [one.id, one.name]));
}

const FEW = 20;

/**
 * Whom somebody means who types a part of a name or of an e-mail address, a key's name, or the id itself: staff first, as they
 * do most. People by an index, keys are few; at most twenty, and the words themselves when nobody is found.
 */
export async function findActors(db: Db, typed: string): Promise<string[]> {
  const few = sql.raw(String(FEW));
  const like = partOf(typed);
  const person = sql`lower(name || ' ' || email) like ${like}`;
  const rows = await db.execute<{ id: string }>(sql`
    (select id from ${users} where staff_role is not null and ${person} limit ${few})
    union all (select id from ${users} where staff_role is null and ${person} limit ${few})
    union all (select id from ${apiKeys} where lower(name) like ${like} limit ${few})`);
  const found = rows.map(({ id }) => id).slice(0, FEW);
  return found.length > 0 ? found : [typed.trim()];
}

const partOf = (typed: string) =>
  `%${typed
    .trim()
    .toLowerCase()
    .replace(/[\\%_]/g, (char) => `\\${char}`)}%`;

/** Which merchants somebody means who types a name, a store's code, or the id itself. At most twenty. */
export async function findMerchantIds(db: Db, typed: string): Promise<string[]> {
  const like = partOf(typed);
  const rows = await db.execute<{ id: string }>(sql`
    select id from (
      (select id from ${merchants} where id = ${typed.trim()})
      union (select id from ${merchants} where lower(name || ' ' || email) like ${like} limit ${sql.raw(String(FEW))})
      union (select merchant_id from ${stores} where lower(code || ' ' || name) like ${like} limit ${sql.raw(String(FEW))})
    ) found limit ${sql.raw(String(FEW))}`);
  return rows.length > 0 ? rows.map(({ id }) => id) : [typed.trim()];
}
