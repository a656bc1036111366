import type { Route } from 'next';
import Link from 'next/link';
import type { AuditRow } from '@/lib/billing/reports/audit-trail';
import { useTranslations } from '@/lib/i18n/translations';
import { useChangeWords } from '../change-words';

/** Who did it: a person by name, a job by what it does, Stripe by the event that told of it. */
export function Who({ row }: { row: AuditRow }) {
  const t = useTranslations('console.audit');
  const words = useChangeWords();
  const kind = t(`actors.${row.actorKind}`);
  if (row.actorName) return row.actorName;
  if (row.actorKind === 'job') return <Two first={words.job(row.actorId)} second={kind} />;
  if (row.actorKind === 'stripe' && row.actorId.startsWith('evt_')) {
    return (
      <Link href={`/admin/webhook-events/${row.actorId}` as Route} prefetch={false} className="link">
        {kind}
      </Link>
    );
  }
  return <Two first={kind} second={row.actorId} />;
}

/** What was done to what, and why, in words; the codes stand in the titles. */
export function What({ row, names }: { row: AuditRow; names: Map<string, string> }) {
  const t = useTranslations('console.audit');
  const words = useChangeWords();
  const name = names.get(row.entityId) ?? row.entityName;
  const isEvent = row.entity === 'webhook_event';
  // "Subscription changed" needs no second line that says "Subscription".
  const adds = name || isEvent || !row.action.startsWith(`${row.entity}.`);
  return (
    <>
      <span className="font-medium" title={row.action}>
        {words.action(row.action)}
      </span>
      {adds ? (
        <span className="block text-sm text-muted" title={row.entityId}>
          {words.entity(row.entity)}
          {name ? `: ${name}` : null}
          {isEvent ? (
            <>
              {': '}
              <Link href={`/admin/webhook-events/${row.entityId}` as Route} prefetch={false} className="link">
                {t('open')}
              </Link>
            </>
          ) : null}
        </span>
      ) : null}
      {row.reason ? (
        <span className="block text-sm text-muted">{t('reason', { reason: row.reason })}</span>
      ) : null}
    </>
  );
}

function Two({ first, second }: { first: string; second: string }) {
  return (
    <>
      {first}
      <span className="block text-xs break-all text-muted">{second}</span>
    </>
  );
}
