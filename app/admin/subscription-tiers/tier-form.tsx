import { Banner } from '@/components/ui/banner';
import { ButtonLink } from '@/components/ui/button';
import { CheckField } from '@/components/ui/check-field';
import { Dialog } from '@/components/ui/dialog';
import { TextArea, TextField } from '@/components/ui/field';
import { ActionForm } from '@/components/ui/form';
import { LockedNote } from '@/components/ui/locked-note';
import { SubmitButton } from '@/components/ui/submit-button';
import { type Tier, waitsForPush } from '@/lib/billing/plans/tiers';
import { useTranslations } from '@/lib/i18n/translations';
import { writePrice } from '@/lib/money';
import { PUSH } from '../push-link';
import { create, edit } from './actions';
import { PriceRows, type PriceRowValue } from './price-rows';

/** The slide-over in which a plan is made or changed; who may not change it reads it there. */
export function TierForm({
  platformId,
  currency,
  tier,
  subscribers = 0,
  startsOpen,
  disabledReason,
}: {
  platformId: string;
  currency: string;
  tier?: Tier;
  subscribers?: number;
  startsOpen?: boolean;
  disabledReason?: string;
}) {
  const t = useTranslations('plans');
  const c = useTranslations('console');
  const title = tier ? t(disabledReason ? 'readTitle' : 'editTitle', { name: tier.name }) : t('create');
  return (
    <Dialog
      trigger={tier ? t(disabledReason ? 'read' : 'edit') : t('create')}
      triggerLabel={title}
      variant={tier ? 'secondary' : 'primary'}
      size={tier ? 'sm' : 'md'}
      position="side"
      startsOpen={startsOpen}
      title={title}
      closeLabel={c('close')}
      disabledReason={tier ? undefined : disabledReason}
    >
      {disabledReason ? <LockedNote>{disabledReason}</LockedNote> : null}
      <ActionForm
        key={tier?.revision}
        action={tier ? edit : create}
        fields={{
          platform: platformId,
          ...(tier ? { code: tier.code, revision: String(tier.revision) } : {}),
        }}
        className="space-y-4"
      >
        {tier && waitsForPush(tier) ? (
          <Banner
            tone="warn"
            title={t('waitingOne', { name: tier.name })}
            action={
              <ButtonLink href={PUSH} size="sm">
                {t('push')}
              </ButtonLink>
            }
          />
        ) : null}
        <fieldset disabled={Boolean(disabledReason)} className="space-y-4">
          {tier ? null : (
            <TextField name="code" label={t('code')} hint={t('codeHint')} maxLength={50} required />
          )}
          <TextField name="name" label={t('name')} defaultValue={tier?.name} maxLength={80} required />
          <TextArea
            name="description"
            label={t('description_')}
            defaultValue={tier?.description ?? ''}
            maxLength={500}
          />
          <h3 className="pt-2 font-semibold">{t('prices')}</h3>
          {tier && subscribers > 0 ? (
            <p className="text-sm text-muted">{t('priceKept', { count: subscribers })}</p>
          ) : null}
          <PriceRows
            initial={priceRows(tier, currency)}
            words={{
              currency: t('currency'),
              currencyHint: t('currencyHint'),
              month: t('monthly'),
              year: t('annual'),
              monthly: t('extras.intervals.month'),
              yearly: t('extras.intervals.year'),
              hint: t('priceHint'),
              stripePrice: t('stripePrice'),
              stripePriceHint: t('stripePriceHint'),
              add: t('addCurrency'),
              remove: t('removeCurrency'),
              none: t('noPrices'),
            }}
          />
          <div className="grid gap-4 sm:grid-cols-2">
            <TextField
              name="trialDays"
              label={t('trialDays')}
              hint={t('trialHint')}
              inputMode="numeric"
              defaultValue={tier?.trialDays?.toString() ?? ''}
            />
            <TextField
              name="displayOrder"
              label={t('order')}
              hint={t('orderHint')}
              inputMode="numeric"
              defaultValue={tier?.displayOrder.toString() ?? '0'}
            />
          </div>
          <TextField
            name="stripeProductId"
            label={t('product')}
            hint={t('productHint')}
            defaultValue={tier?.stripeProductId ?? ''}
            spellCheck={false}
          />
          <CheckField
            name="isActive"
            label={t('isActive')}
            hint={t('activeHint', { count: subscribers })}
            defaultChecked={tier?.isActive ?? true}
          />
          <CheckField
            name="isPublic"
            label={t('isPublic')}
            hint={t('publicHint')}
            defaultChecked={tier?.isPublic ?? true}
          />
          <CheckField
            name="isSelfService"
            label={t('selfService')}
            hint={t('selfServiceHint')}
            defaultChecked={tier?.isSelfService ?? true}
          />
          <div className="bottom-bar">
            <SubmitButton disabledReason={disabledReason}>{t('save')}</SubmitButton>
          </div>
        </fieldset>
      </ActionForm>
    </Dialog>
  );
}

/** The platform's own currency first; a new plan begins with it. */
function priceRows(tier: Tier | undefined, own: string): PriceRowValue[] {
  const currencies = [...new Set(tier ? tier.prices.map((price) => price.currency) : [own])];
  return currencies
    .sort((a, b) => Number(b === own) - Number(a === own))
    .map((currency) => {
      const find = (interval: 'month' | 'year') =>
        tier?.prices.find((price) => price.currency === currency && price.interval === interval);
      const amount = (interval: 'month' | 'year') => {
        const price = find(interval);
        return price ? writePrice(price.unitAmount, currency) : '';
      };
      return {
        currency,
        month: amount('month'),
        year: amount('year'),
        monthId: find('month')?.stripePriceId ?? '',
        yearId: find('year')?.stripePriceId ?? '',
      };
    });
}
