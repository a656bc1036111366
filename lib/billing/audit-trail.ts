import { and, desc, eq, gte, inArray, lt, lte, or, type SQL } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { auditLog, merchants, users } from '@/db/schema';

export type AuditRow = typeof auditLog.$inferSelect & {
  actorName: string | null;
  merchantName: string | null;
};

export type AuditFilter = {
  merchantId?: string;
  actorId?: string;
  action?: string;
  entity?: string;
  entityId?: string;
  from?: Date;
  to?: Date;
  before?: { at: Date; id: string };
  limit: number;
};

/** The audit trail, newest first, by cursor, with the names of people and merchants. Two statements. */
export async function listAudit(db: Db, filter: AuditFilter): Promise<AuditRow[]> {
  const where: (SQL | undefined)[] = [
    filter.merchantId ? eq(auditLog.merchantId, filter.merchantId) : undefined,
    filter.actorId ? eq(auditLog.actorId, filter.actorId) : undefined,
    filter.action ? eq(auditLog.action, filter.action) : undefined,
    filter.entity ? eq(auditLog.entity, filter.entity) : undefined,
    filter.entityId ? eq(auditLog.entityId, filter.entityId) : undefined,
    filter.from ? gte(auditLog.at, filter.from) : undefined,
    filter.to ? lte(auditLog.at, filter.to) : undefined,
    filter.before
      ? or(
          lt(auditLog.at, filter.before.at),
          and(eq(auditLog.at, filter.before.at), lt(auditLog.id, filter.before.id)),
        )
      : undefined,
  ];
  const rows = await db
    .select({ row: auditLog, merchantName: merchants.name })
    .from(auditLog)
    .leftJoin(merchants, eq(merchants.id, auditLog.merchantId))
    .where(and(...where))
    .orderBy(desc(auditLog.at), desc(auditLog.id))
    .limit(filter.limit);
  const people = [...new Set(rows.flatMap(({ row }) => (row.actorKind === 'user' ? [row.actorId] : [])))];
  const names =
    people.length > 0
      ? await db.select({ id: users.id, name: users.name }).from(users).where(inArray(users.id, people))
      : [];
  const nameOf = new Map(names.map((one) => [one.id, one.name]));
  return rows.map(({ row, merchantName }) => ({
    ...row,
    merchantName,
    actorName: nameOf.get(row.actorId) ?? null,
  }));
}
