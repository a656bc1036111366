import { and, desc, inArray, isNull } from 'drizzle-orm';
import type { Metadata, Route } from 'next';
import { Banner } from '@/components/ui/banner';
import { ButtonLink } from '@/components/ui/button';
import { Card } from '@/components/ui/card';
import { ActionForm } from '@/components/ui/form';
import { PageHeader } from '@/components/ui/page-header';
import { SubmitButton } from '@/components/ui/submit-button';
import { type Column, Table } from '@/components/ui/table';
import { stripeDifferences } from '@/db/schema';
import { DomainError } from '@/lib/errors';
import { getTranslations } from '@/lib/i18n/translations';
import { findStripe } from '@/lib/stripe/client';
import { planPush } from '@/lib/stripe/push';
import type { PushStep } from '@/lib/stripe/push-plan';
import { BeforeAfter } from '../../before-after';
import { staffContext } from '../../context';
import { push } from '../actions';

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('plans'))('pushTitle') };
}

export default async function PushPage() {
  const [{ db, locked }, t] = await Promise.all([staffContext(), getTranslations('plans')]);
  const [plan, drift] = await Promise.all([
    readPlan(),
    db
      .select()
      .from(stripeDifferences)
      .where(
        and(
          isNull(stripeDifferences.resolvedAt),
          inArray(stripeDifferences.kind, ['price_drift', 'product_drift']),
        ),
      )
      .orderBy(desc(stripeDifferences.foundAt))
      .limit(50),
  ]);
  const columns: Column<PushStep & { key: string }>[] = [
    { key: 'action', header: t('action'), cell: (step) => t(`actions.${step.action}`) },
    {
      key: 'what',
      header: t('what'),
      cell: (step) => (
        <>
          {t(`kinds.${step.entity}`)}{' '}
          <span className="font-mono text-sm">{`${step.platform}:${step.code}`}</span>
        </>
      ),
    },
    { key: 'detail', header: t('detail'), align: 'right', cell: (step) => step.detail },
  ];
  const steps = (typeof plan === 'string' ? [] : plan).map((step, index) => ({ ...step, key: `${index}` }));
  return (
    <>
      <PageHeader
        title={t('pushTitle')}
        description={t('pushText')}
        actions={
          <>
            <ButtonLink href={'/admin/subscription-tiers' as Route}>{t('back')}</ButtonLink>
            {steps.length > 0 ? (
              <ActionForm action={push}>
                <SubmitButton disabledReason={locked}>{t('pushNow')}</SubmitButton>
              </ActionForm>
            ) : null}
          </>
        }
      />
      <div className="space-y-6">
        {typeof plan === 'string' ? <Banner tone="warn" title={t(plan)} /> : null}
        <Card flush>
          {steps.length > 0 ? (
            <Table caption={t('pushTitle')} columns={columns} rows={steps} rowKey={(step) => step.key} />
          ) : typeof plan === 'string' ? null : (
            <p className="px-4 py-3 text-muted sm:px-6">{t('pushNothing')}</p>
          )}
        </Card>
        {drift.length > 0 ? (
          <Card id="drift" title={t('drift')} description={t('driftText')}>
            <div className="space-y-4">
              {drift.map((row) => (
                <BeforeAfter
                  key={row.id}
                  title={`${row.entity} ${row.entityId}`}
                  before={row.local}
                  after={row.stripe}
                />
              ))}
            </div>
          </Card>
        ) : null}
      </div>
    </>
  );

  async function readPlan(): Promise<PushStep[] | 'notConfigured' | 'unavailable'> {
    const stripe = findStripe();
    if (!stripe) return 'notConfigured';
    try {
      return await planPush(db, stripe);
    } catch (error) {
      if (error instanceof DomainError) return 'unavailable';
      throw error;
    }
  }
}
