import type { Route } from 'next';
import { getLocale } from 'next-intl/server';
import { OverLimits } from '@/components/billing/over-limits';
import { Banner } from '@/components/ui/banner';
import { ButtonLink, buttonClass } from '@/components/ui/button';
import { Card } from '@/components/ui/card';
import { TextArea } from '@/components/ui/field';
import { ActionForm, FieldProblems } from '@/components/ui/form';
import { PageHeader } from '@/components/ui/page-header';
import { SubmitButton } from '@/components/ui/submit-button';
import { findCurrentSubscription, livesAtStripe } from '@/lib/billing/account/subscription';
import { taxRules } from '@/lib/billing/customers/tax';
import { previewTierOver } from '@/lib/billing/entitlements/what-if';
import { getTier, listTiers } from '@/lib/billing/plans/tiers';
import { previewChange } from '@/lib/billing/subscriptions/change-preview';
import { DomainError, ValidationFailed } from '@/lib/errors';
import { features } from '@/lib/features';
import { errorTexts } from '@/lib/i18n/translate-error';
import { getTranslations, pageTitle } from '@/lib/i18n/translations';
import { requireStripe } from '@/lib/stripe/client';
import { ChangeSummary } from '../../../../store/[storeCode]/billing/change/change-summary';
import { one, staffContext } from '../../../context';
import { changePlan } from '../actions';
import { readPrice } from '../agreed-price';
import { loadAccount } from '../load';
import { PlanChoice } from '../plan-choice';

export const generateMetadata = pageTitle('merchant.page', 'change');

/** What a change of a merchant's plan costs, when it comes and what would be over, before it is made. */
export default async function ChangePage({
  params,
  searchParams,
}: PageProps<'/admin/merchants/[id]/change'>) {
  const [{ locked, now }, { id }, query, t, c] = await Promise.all([
    staffContext(),
    params,
    searchParams,
    getTranslations('merchant.page'),
    getTranslations('console'),
  ]);
  const { merchant, platform } = await loadAccount(id, one(query.platform));
  const account = { merchantId: merchant.id, platformId: platform.id };
  const interval = query.interval === 'year' ? 'year' : 'month';
  const price = one(query.price);
  const found = await preview(account, one(query.tier) ?? '', interval, price);
  const back = `/admin/merchants/${merchant.id}?platform=${platform.code}` as Route;
  const title = t('changeTitle', { name: merchant.name });
  if (found.problem !== undefined) {
    return (
      <>
        <PageHeader title={title} description={t('changeText')} />
        <div className="max-w-2xl">
          <Card>
            <FieldProblems fields={{ price: found.problem }}>
              <form className="space-y-4">
                <input type="hidden" name="platform" value={platform.code} />
                <PlanChoice
                  tiers={found.tiers}
                  subscription={found.current}
                  chosen={{ tier: one(query.tier), interval, price }}
                />
                <div className="flex flex-wrap gap-2">
                  <button type="submit" className={buttonClass('primary')}>
                    {t('preview')}
                  </button>
                  <ButtonLink href={back} variant="ghost">
                    {t('back')}
                  </ButtonLink>
                </div>
              </form>
            </FieldProblems>
          </Card>
        </div>
      </>
    );
  }
  if (found.refusal !== undefined) {
    const action = <ButtonLink href={back}>{t('back')}</ButtonLink>;
    return (
      <>
        <PageHeader title={title} />
        <Banner tone="warn" title={found.refusal} action={action} />
      </>
    );
  }
  const { tier, change, over } = found;
  const isSame = change?.kind === 'none';
  return (
    <>
      <PageHeader title={title} description={tier.name} />
      <div className="max-w-2xl space-y-6">
        <OverLimits over={over} tier={tier.name} />
        <Card title={t('preview')}>
          {isSame ? (
            <p>{t('same')}</p>
          ) : change ? (
            <ChangeSummary
              now={now}
              change={change}
              tier={tier.name}
              interval={interval}
              name={merchant.name}
            />
          ) : (
            <p>{t('changeLocal', { tier: tier.name })}</p>
          )}
          <ActionForm
            action={changePlan}
            fields={{
              ...account,
              tier: tier.code,
              interval,
              back,
              price: price ?? '',
              prorationDate: String(change?.prorationDate ?? ''),
            }}
            className="mt-6 flex flex-wrap gap-2"
          >
            {change ? null : (
              <TextArea
                name="reason"
                label={c('reason')}
                hint={c('reasonHint')}
                maxLength={500}
                disabled={Boolean(locked)}
                required
                className="mb-2 w-full"
              />
            )}
            <SubmitButton disabledReason={locked ?? (isSame ? t('same') : undefined)}>
              {t('changeNow', { tier: tier.name })}
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

async function preview(
  account: { merchantId: string; platformId: string },
  tierCode: string,
  interval: 'month' | 'year',
  price: string | undefined,
) {
  const { db, now } = await staffContext();
  try {
    const [tier, current] = await Promise.all([
      getTier(db, account.platformId, tierCode),
      findCurrentSubscription(db, account),
    ]);
    const byAdmin = { unitAmount: price && current ? readPrice(price, current.currency) : undefined };
    const [over, change] = await Promise.all([
      previewTierOver(db, account, tier.id, features, now),
      livesAtStripe(current)
        ? previewChange(db, requireStripe(), { account, tierCode, interval, byAdmin, now, tax: taxRules() })
        : null,
    ]);
    return { tier, over, change };
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    const texts = errorTexts(await getLocale());
    // The price is all that is typed: asked again, beside what was chosen.
    const [problem] = error instanceof ValidationFailed ? error.fields : [];
    if (!problem) return { refusal: texts.sentence(error) };
    const [tiers, current] = await Promise.all([
      listTiers(db, account.platformId),
      findCurrentSubscription(db, account),
    ]);
    return { problem: texts.field(problem), tiers, current };
  }
}
