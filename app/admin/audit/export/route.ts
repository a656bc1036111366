import { listAudit } from '@/lib/billing/reports/audit-trail';
import { staffContext } from '../../context';
import { csvResponse } from '../../csv';
import { readAuditFilter } from '../filter';

/** The audit trail as a file: the newest ten thousand rows that the filters let through. */
export async function GET(request: Request): Promise<Response> {
  const { db } = await staffContext();
  const { filter } = await readAuditFilter(db, Object.fromEntries(new URL(request.url).searchParams));
  const rows = await listAudit(db, { ...filter, limit: 10_000 });
  return csvResponse(
    'audit',
    ['at', 'actor', 'actor_id', 'action', 'entity', 'entity_id', 'merchant', 'before', 'after', 'reason'],
    rows.map((row) => [
      row.at.toISOString(),
      row.actorName ?? row.actorKind,
      row.actorId,
      row.action,
      row.entity,
      row.entityId,
      row.merchantName ?? row.merchantId,
      row.before === null ? null : JSON.stringify(row.before),
      row.after === null ? null : JSON.stringify(row.after),
      row.reason,
    ]),
  );
}
