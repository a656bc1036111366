import type { Db } from '@/db/client';
import { actorKinds } from '@/lib/billing/audit';
import { findActors, findMerchantIds } from '@/lib/billing/reports/audit-trail';
import { loadMessages } from '@/lib/i18n/messages';
import { getTranslations } from '@/lib/i18n/translations';
import { addDays } from '@/lib/time';
import { getJobName } from '../change-words';
import { among, one } from '../context';

type Query = Record<string, string | string[] | undefined>;

/**
 * The filters of the audit trail, as the URL has them and as the domain takes them: people by a part of name or e-mail, or
 * id, jobs by what they do, "Stripe" and "job" for what they are; merchants by name, store code or id. A senseless date is
 * none, and named in `wrong`.
 */
export async function readAuditFilter(db: Db, query: Query) {
  const shown = {
    action: one(query.action),
    merchant: one(query.merchant),
    actor: one(query.actor),
    by: among(actorKinds, query.by),
    entity: one(query.entity),
    from: one(query.from),
    to: one(query.to),
  };
  const day = (value: string | undefined) => {
    const date = value && /^[1-8]\d{3}-\d\d-\d\d$/.test(value) ? new Date(`${value}T00:00:00Z`) : undefined;
    // 30 February would be read as 2 March.
    return date && !Number.isNaN(date.getTime()) && date.toISOString().startsWith(value ?? '')
      ? date
      : undefined;
  };
  const [from, to] = [day(shown.from), day(shown.to)];
  const t = await getTranslations('console.audit.actors');
  const typedKind = actorKinds.find((kind) => t(kind).toLowerCase() === shown.actor?.toLowerCase());
  const [merchantIds, actorIds] = await Promise.all([
    shown.merchant ? findMerchantIds(db, shown.merchant) : undefined,
    shown.actor && !typedKind ? findDoers(db, shown.actor) : undefined,
  ]);
  return {
    shown,
    filter: {
      action: shown.action,
      merchantIds,
      actorIds,
      actorKind: shown.by ?? typedKind,
      entity: shown.entity,
      from,
      // The day itself is meant too.
      to: to ? addDays(to, 1) : undefined,
    },
    wrong: { from: Boolean(shown.from) && !from, to: Boolean(shown.to) && !to },
  };
}

/** People, keys and jobs: a job acts under its code and is known by what it does. */
async function findDoers(db: Db, typed: string): Promise<string[]> {
  const codes = Object.keys(loadMessages('en').trail.jobs);
  const names = await Promise.all(codes.map(getJobName));
  const words = typed.toLowerCase();
  const jobs = codes.filter((_, index) => names[index]?.toLowerCase().includes(words));
  return [...(await findActors(db, typed)), ...jobs];
}
