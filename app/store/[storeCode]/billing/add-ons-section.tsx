import { type AddOnWords, OfferedAddOns, OwnAddOns } from '@/components/billing/add-on-list';
import { Card } from '@/components/ui/card';
import type { AddOnProduct } from '@/lib/billing/plans/extras';
import type { StoreAddOn } from '@/lib/billing/subscriptions/add-ons';
import { useTranslations } from '@/lib/i18n/translations';
import { buyAddOn, cancelAddOn, keepAddOn } from './actions';
import { useAddOnView, useOwnAddOnView } from './add-on-views';

/** The extras of this store: what it has, and what it can add. */
export function AddOnsSection({
  storeCode,
  own,
  offered,
  needsPlan,
  disabledReason,
}: {
  storeCode: string;
  own: StoreAddOn[];
  offered: AddOnProduct[];
  /** Nothing can be bought before there is a plan to buy it beside. */
  needsPlan: boolean;
  disabledReason?: string;
}) {
  const t = useTranslations('billing.addOns');
  const close = useTranslations('common')('close');
  const ownView = useOwnAddOnView();
  const offeredView = useAddOnView();
  const words: AddOnWords = {
    buy: t('buy'),
    cancel: t('cancel'),
    keep: t('keep'),
    domain: t('domain'),
    domainHint: t('domainHint'),
    close,
  };
  const shared = { store: storeCode, words };
  return (
    <Card id="add-ons" title={t('title')} description={t(needsPlan ? 'needsPlan' : 'text')}>
      {own.length > 0 ? (
        <>
          <h3 className="font-medium">{t('mine')}</h3>
          <OwnAddOns
            {...shared}
            addOns={own.map(ownView)}
            actions={{ cancel: cancelAddOn, keep: keepAddOn }}
            disabledReason={disabledReason}
          />
          <h3 className="mt-4 font-medium">{t('available')}</h3>
        </>
      ) : null}
      {offered.length > 0 ? (
        <OfferedAddOns
          {...shared}
          addOns={offered.map(offeredView)}
          action={buyAddOn}
          disabledReason={disabledReason ?? (needsPlan ? t('needsPlan') : undefined)}
        />
      ) : (
        <p className="text-muted">{t('none')}</p>
      )}
    </Card>
  );
}
