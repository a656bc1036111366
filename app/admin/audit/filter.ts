import type { Db } from '@/db/client';
import { type AuditFilter, findActors, findMerchantIds } from '@/lib/billing/audit-trail';
import { addDays } from '@/lib/time';
import { one } from '../context';

type Query = Record<string, string | string[] | undefined>;

/**
 * The filters of the audit trail, as the URL has them and as the domain takes them: people by name, e-mail or id, merchants
 * by name, store code or id. A senseless date is none.
 */
export async function readAuditFilter(
  db: Db,
  query: Query,
): Promise<{
  shown: Record<'action' | 'merchant' | 'actor' | 'entity' | 'from' | 'to', string | undefined>;
  filter: Omit<AuditFilter, 'limit' | 'before'>;
}> {
  const shown = {
    action: one(query.action),
    merchant: one(query.merchant),
    actor: one(query.actor),
    entity: one(query.entity),
    from: one(query.from),
    to: one(query.to),
  };
  const day = (value: string | undefined) => {
    const date = value && /^[1-8]\d{3}-\d\d-\d\d$/.test(value) ? new Date(`${value}T00:00:00Z`) : undefined;
    return date && !Number.isNaN(date.getTime()) ? date : undefined;
  };
  const to = day(shown.to);
  const [merchantIds, actorIds] = await Promise.all([
    shown.merchant ? findMerchantIds(db, shown.merchant) : undefined,
    shown.actor ? findActors(db, shown.actor) : undefined,
  ]);
  return {
    shown,
    filter: {
      action: shown.action,
      merchantIds,
      actorIds,
      entity: shown.entity,
      from: day(shown.from),
      // The day itself is meant too.
      to: to ? addDays(to, 1) : undefined,
    },
  };
}
