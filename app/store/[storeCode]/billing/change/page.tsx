import type { Route } from 'next';
import { notFound, redirect } from 'next/navigation';
import { getLocale } from 'next-intl/server';
import { OverLimits } from '@/components/billing/over-limits';
import { Banner } from '@/components/ui/banner';
import { ButtonLink } from '@/components/ui/button';
import { Card } from '@/components/ui/card';
import { ActionForm } from '@/components/ui/form';
import { PageHeader } from '@/components/ui/page-header';
import { SubmitButton } from '@/components/ui/submit-button';
import { taxRules } from '@/lib/billing/customers/tax';
import { previewTierOver } from '@/lib/billing/entitlements/what-if';
import { getTier } from '@/lib/billing/plans/tiers';
import { previewChange } from '@/lib/billing/subscriptions/change-preview';
import { DomainError } from '@/lib/errors';
import { features } from '@/lib/features';
import { errorTexts } from '@/lib/i18n/translate-error';
import { getTranslations, pageTitle } from '@/lib/i18n/translations';
import { requireStripe } from '@/lib/stripe/client';
import { storeContext } from '../../context';
import { changePlan } from '../actions';
import { ChangeSummary } from './change-summary';

export const generateMetadata = pageTitle('billing.change', 'title');

/** What a change of plan costs and when, before it is made. The choice is in the URL, so it works without JavaScript. */
export default async function ChangePlanPage({
  params,
  searchParams,
}: PageProps<'/store/[storeCode]/billing/change'>) {
  const [{ storeCode }, query, t] = await Promise.all([
    params,
    searchParams,
    getTranslations('billing.change'),
  ]);
  const tierCode = String(query.tier ?? '');
  const interval = query.interval === 'year' ? 'year' : 'month';
  const found = await preview(storeCode, tierCode, interval);
  const back = `/store/${storeCode}/billing` as Route;
  if (found.refusal !== null) {
    return (
      <>
        <PageHeader title={t('title')} />
        <Banner tone="warn" title={found.refusal} action={<ButtonLink href={back}>{t('back')}</ButtonLink>} />
      </>
    );
  }
  const { change, over, tier, store, canWrite, now } = found;
  if (change.kind === 'none') redirect(back);
  return (
    <>
      <PageHeader title={t('heading', { tier: tier.name })} />
      <div className="max-w-2xl space-y-6">
        <OverLimits over={over} tier={tier.name} />
        <Card title={t('title')}>
          <ChangeSummary now={now} change={change} tier={tier.name} interval={interval} />
          <ActionForm
            action={changePlan}
            fields={{
              store: store.code,
              tier: tier.code,
              interval,
              prorationDate: String(change.prorationDate ?? ''),
            }}
            className="mt-6 flex flex-wrap gap-2"
          >
            <SubmitButton disabledReason={canWrite ? undefined : t('readOnly')}>
              {t(`confirm.${change.kind}`)}
            </SubmitButton>
            <ButtonLink href={back} variant="ghost">
              {t('back')}
            </ButtonLink>
          </ActionForm>
        </Card>
      </div>
    </>
  );
}

async function preview(storeCode: string, tierCode: string, interval: 'month' | 'year') {
  const { db, account, store, canWrite, now } = await storeContext(storeCode, 'read');
  try {
    const tier = await getTier(db, account.platformId, tierCode);
    const [change, over] = await Promise.all([
      previewChange(db, requireStripe(), { account, tierCode, interval, now, tax: taxRules() }),
      previewTierOver(db, account, tier.id, features, now),
    ]);
    return { store, canWrite, tier, change, over, now, refusal: null } as const;
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    if (error.kind === 'not_found') notFound();
    return { refusal: errorTexts(await getLocale()).sentence(error) } as const;
  }
}
