import type { Route } from 'next';
import Link from 'next/link';
import { notFound } from 'next/navigation';
import { Card } from '@/components/ui/card';
import { CopyId } from '@/components/ui/copy-id';
import { DateText } from '@/components/ui/date-text';
import { Disclosure } from '@/components/ui/disclosure';
import { TextArea } from '@/components/ui/field';
import { ActionForm } from '@/components/ui/form';
import { FormDialog } from '@/components/ui/form-dialog';
import { getFormat } from '@/components/ui/format';
import { PageHeader } from '@/components/ui/page-header';
import { SubmitButton } from '@/components/ui/submit-button';
import { getEvent, type ListedEvent } from '@/lib/billing/inbox/console';
import { NotFound } from '@/lib/errors';
import { getTranslations, pageTitle } from '@/lib/i18n/translations';
import { findMerchant } from '@/lib/tenancy/merchants';
import { BeforeAfter } from '../../before-after';
import { useChangeWords } from '../../change-words';
import { staffContext } from '../../context';
import { replay, setAside } from '../actions';
import { EventError, EventStatus } from '../event-status';

export const generateMetadata = pageTitle('console.events', 'event');

export default async function EventPage({ params }: PageProps<'/admin/webhook-events/[id]'>) {
  const [{ db, locked }, { id }, t, c, format] = await Promise.all([
    staffContext(),
    params,
    getTranslations('console.events'),
    getTranslations('console'),
    getFormat(),
  ]);
  const event = await getEvent(db, id).catch((error) => {
    if (error instanceof NotFound) notFound();
    throw error;
  });
  const merchant = event.merchantId ? await findMerchant(db, event.merchantId) : null;
  const waits = event.status === 'failed' || event.status === 'dead' || event.status === 'received';
  return (
    <>
      <PageHeader
        title={event.type}
        description={<CopyId value={event.id} label={c('copy')} copiedLabel={c('copied')} />}
        actions={
          <>
            <ActionForm action={replay} fields={{ id: event.id }}>
              <SubmitButton variant="secondary" disabledReason={locked}>
                {t('replay')}
              </SubmitButton>
            </ActionForm>
            {waits ? (
              <FormDialog
                trigger={t('ignore')}
                title={t('ignore')}
                disabledReason={locked}
                action={setAside}
                fields={{ id: event.id }}
                submit={t('ignore')}
                danger
              >
                <TextArea name="reason" label={c('reason')} hint={c('reasonHint')} required />
              </FormDialog>
            ) : null}
          </>
        }
      />
      <div className="space-y-6">
        <Card id="state" title={t('status')}>
          <dl className="grid gap-x-6 gap-y-3 sm:grid-cols-2">
            <Pair name={t('status')}>
              <EventStatus status={event.status} />
            </Pair>
            <Pair name={t('received')}>
              <DateText value={event.receivedAt} style="time" />
            </Pair>
            <Pair name={t('attempts')}>
              {event.attempts}
              {event.nextAttemptAt && waits ? (
                <span className="block text-sm text-muted">
                  {t('next', { date: format.date(event.nextAttemptAt, 'time') })}
                </span>
              ) : null}
            </Pair>
            <Pair name={t('happened')}>
              <DateText value={event.createdAt} style="time" />
            </Pair>
            {event.merchantId ? (
              <Pair name={t('merchant')}>
                <Link href={`/admin/merchants/${event.merchantId}` as Route} className="link">
                  {merchant?.name ?? event.merchantId}
                </Link>
              </Pair>
            ) : null}
            {event.objectId ? (
              <Pair name={t('object')}>
                <CopyId value={event.objectId} label={c('copy')} copiedLabel={c('copied')} />
              </Pair>
            ) : null}
            {event.errorCode || event.reason ? (
              <Pair name={t(event.status === 'ignored' ? 'reason' : 'error')}>
                <EventError event={event} />
              </Pair>
            ) : null}
          </dl>
        </Card>
        <Card id="changes" title={t('changes')}>
          {event.changes.length === 0 ? <p className="text-muted">{t('noChanges')}</p> : null}
          <div className="space-y-4">
            {event.changes.map((change) => (
              <OneChange
                key={`${change.entity} ${change.id} ${JSON.stringify(change.after)}`}
                change={change}
              />
            ))}
          </div>
        </Card>
        <Card id="payload" title={t('payload')}>
          <Disclosure summary={t('payload')}>
            <pre className="mt-3 overflow-x-auto rounded-lg bg-sunken p-3 text-xs">
              {JSON.stringify(event.payload, null, 2)}
            </pre>
          </Disclosure>
        </Card>
      </div>
    </>
  );
}

function Pair({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="text-sm text-muted">{name}</dt>
      <dd className="break-words">{children}</dd>
    </div>
  );
}

function OneChange({ change }: { change: ListedEvent['changes'][number] }) {
  const words = useChangeWords();
  return <BeforeAfter title={words.entity(change.entity)} before={change.before} after={change.after} />;
}
