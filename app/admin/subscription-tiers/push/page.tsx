import type { Route } from 'next';
import { Banner } from '@/components/ui/banner';
import { ButtonLink } from '@/components/ui/button';
import { Card } from '@/components/ui/card';
import { DateText } from '@/components/ui/date-text';
import { ActionForm } from '@/components/ui/form';
import { Money } from '@/components/ui/money';
import { PageHeader } from '@/components/ui/page-header';
import { SubmitButton } from '@/components/ui/submit-button';
import { type Column, Table } from '@/components/ui/table';
import { listCatalogDrift } from '@/lib/billing/plans/catalog-drift';
import { nameOfPlan, planPush } from '@/lib/billing/plans/push';
import type { PushStep } from '@/lib/billing/plans/push-steps';
import { DomainError } from '@/lib/errors';
import { getTranslations, pageTitle } from '@/lib/i18n/translations';
import { findStripe } from '@/lib/stripe/client';
import { BeforeAfter } from '../../before-after';
import { staffContext } from '../../context';
import { push } from '../actions';

export const generateMetadata = pageTitle('plans', 'pushTitle');

export default async function PushPage() {
  const [{ db, locked }, t] = await Promise.all([staffContext(), getTranslations('plans')]);
  const [plan, drift] = await Promise.all([readPlan(), listCatalogDrift(db)]);
  const known = typeof plan === 'string' ? [] : plan;
  const price = (of: NonNullable<PushStep['price']>) => (
    <>
      <Money amount={of.amount} currency={of.currency} />
      {of.interval ? ` ${t(`extras.intervals.${of.interval}`)}` : null}
    </>
  );
  const columns: Column<PushStep & { key: string }>[] = [
    { key: 'action', header: t('action'), cell: (step) => t(`actions.${step.action}`) },
    {
      key: 'what',
      header: t('what'),
      cell: (step) => (
        <span>
          {t(`kinds.${step.entity}`)}{' '}
          <span className="font-mono text-sm">{`${step.platform}:${step.code}`}</span>
        </span>
      ),
    },
    {
      key: 'detail',
      header: t('detail'),
      align: 'right',
      cell: (step) => <span>{step.price ? price(step.price) : step.detail}</span>,
    },
  ];
  const steps = known.map((step, index) => ({ ...step, key: `${index}` }));
  return (
    <>
      <PageHeader
        title={t('pushTitle')}
        description={t('pushText')}
        actions={<ButtonLink href={'/admin/subscription-tiers' as Route}>{t('back')}</ButtonLink>}
      />
      <div className="space-y-6">
        {typeof plan === 'string' ? <Banner tone="warn" title={t(plan)} /> : null}
        {drift.length > 0 ? (
          <Card id="drift" title={t('drift')} description={t('driftText')}>
            <ul className="space-y-4">
              {drift.map((row) => (
                <li key={row.id}>
                  <p className="font-medium">
                    {t(`kinds.${row.entity}`)} {row.name}
                    {row.price ? <> · {price(row.price)}</> : null}{' '}
                    <span className="text-sm font-normal text-muted">
                      <DateText value={row.foundAt} style="time" />
                    </span>
                  </p>
                  <BeforeAfter before={row.ours} after={row.theirs} />
                </li>
              ))}
            </ul>
          </Card>
        ) : null}
        {typeof plan === 'string' ? null : (
          <Card flush>
            {steps.length > 0 ? (
              <Table caption={t('pushTitle')} columns={columns} rows={steps} rowKey={(step) => step.key} />
            ) : (
              <p className="px-4 py-3 text-muted sm:px-6">{t('pushNothing')}</p>
            )}
          </Card>
        )}
        {steps.length > 0 || (drift.length > 0 && typeof plan !== 'string') ? (
          <ActionForm action={push} fields={{ plan: nameOfPlan(known) }} className="space-y-4">
            <SubmitButton disabledReason={locked}>{t('pushNow')}</SubmitButton>
          </ActionForm>
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
