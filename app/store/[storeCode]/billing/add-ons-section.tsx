import { OfferedAddOns, OwnAddOns } from '@/components/billing/add-on-list';
import type { AddOnFacts, OwnAddOn } from '@/components/billing/shapes';
import { Card } from '@/components/ui/card';
import { useTranslations } from '@/lib/i18n/translations';
import { AddOnCancellation, AddOnPurchase } from './add-on-forms';

/** The extras of this store: what it has, and what it can add. */
export function AddOnsSection({
  storeCode,
  own,
  offered,
  needsPlan,
  disabledReason,
}: {
  storeCode: string;
  own: OwnAddOn[];
  offered: AddOnFacts[];
  /** Nothing can be bought before there is a plan to buy it beside. */
  needsPlan: boolean;
  disabledReason?: string;
}) {
  const t = useTranslations('billing.addOns');
  return (
    <Card id="add-ons" title={t('title')} description={needsPlan ? t('needsPlan') : t('text')}>
      {own.length > 0 ? (
        <>
          <h3 className="font-medium">{t('mine')}</h3>
          <OwnAddOns
            addOns={own}
            action={(addOn) => (
              <AddOnCancellation storeCode={storeCode} addOn={addOn} disabledReason={disabledReason} />
            )}
          />
          <h3 className="mt-4 font-medium">{t('available')}</h3>
        </>
      ) : null}
      {offered.length > 0 ? (
        <OfferedAddOns
          addOns={offered}
          action={(addOn) => (
            <AddOnPurchase
              storeCode={storeCode}
              addOn={addOn}
              disabledReason={disabledReason ?? (needsPlan ? t('needsPlan') : undefined)}
            />
          )}
        />
      ) : (
        <p className="text-muted">{t('none')}</p>
      )}
    </Card>
  );
}
