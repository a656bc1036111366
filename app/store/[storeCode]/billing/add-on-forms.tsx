import { useTranslations } from 'next-intl';
import type { AddOnFacts, OwnAddOn } from '@/components/billing/shapes';
import { buttonClass } from '@/components/ui/button';
import { Dialog } from '@/components/ui/dialog';
import { TextField } from '@/components/ui/field';
import { ActionForm } from '@/components/ui/form';
import { useFormat } from '@/components/ui/format';
import { SubmitButton } from '@/components/ui/submit-button';
import { buyAddOn, cancelAddOn, keepAddOn } from './actions';

type Props<T> = { storeCode: string; addOn: T; disabledReason?: string };

/** Buys an add-on; one that is a domain asks for its name first. */
export function AddOnPurchase({ storeCode, addOn, disabledReason }: Props<AddOnFacts>) {
  const t = useTranslations('billing');
  const close = useTranslations('common')('close');
  const format = useFormat();
  const action = buyAddOn.bind(null, storeCode);
  const name = <span className="sr-only">{addOn.name}</span>;
  if (addOn.category !== 'domain') {
    return (
      <ActionForm action={action} className="space-y-2">
        <input type="hidden" name="addOn" value={addOn.code} />
        <SubmitButton variant="secondary" size="sm" disabledReason={disabledReason}>
          {t('addOns.buy')}
          {name}
        </SubmitButton>
      </ActionForm>
    );
  }
  return (
    <Dialog
      trigger={
        <>
          {t('addOns.buy')}
          {name}
        </>
      }
      size="sm"
      title={addOn.name}
      description={t(`price.${addOn.interval}`, { amount: format.money(addOn.unitAmount, addOn.currency) })}
      closeLabel={close}
      disabledReason={disabledReason}
    >
      <ActionForm action={action} className="space-y-4">
        <input type="hidden" name="addOn" value={addOn.code} />
        <TextField
          name="domain"
          label={t('addOns.domain')}
          hint={t('addOns.domainHint')}
          autoCapitalize="none"
          spellCheck={false}
          required
        />
        <SubmitButton>{t('addOns.buy')}</SubmitButton>
      </ActionForm>
    </Dialog>
  );
}

/** Ends an add-on after what is paid, or takes that back. */
export function AddOnCancellation({ storeCode, addOn, disabledReason }: Props<OwnAddOn>) {
  const t = useTranslations('billing.addOns');
  const common = useTranslations('common');
  const format = useFormat();
  if (addOn.cancelAt) {
    return (
      <ActionForm action={keepAddOn.bind(null, storeCode)} className="space-y-2">
        <input type="hidden" name="id" value={addOn.id} />
        <SubmitButton variant="secondary" size="sm" disabledReason={disabledReason}>
          {t('keep')}
          <span className="sr-only">{addOn.name}</span>
        </SubmitButton>
      </ActionForm>
    );
  }
  const date = addOn.currentPeriodEnd ? format.date(addOn.currentPeriodEnd) : '';
  return (
    <Dialog
      trigger={
        <>
          {t('cancel')}
          <span className="sr-only">{addOn.name}</span>
        </>
      }
      variant="ghost"
      size="sm"
      title={t('cancelTitle', { name: addOn.name })}
      description={t('cancelText', { date })}
      closeLabel={common('close')}
      disabledReason={disabledReason}
    >
      <ActionForm action={cancelAddOn.bind(null, storeCode)} className="flex flex-wrap justify-end gap-2">
        <input type="hidden" name="id" value={addOn.id} />
        <button type="button" data-close className={buttonClass('ghost')}>
          {t('keep')}
        </button>
        <SubmitButton variant="danger">{t('cancelTitle', { name: addOn.name })}</SubmitButton>
      </ActionForm>
    </Dialog>
  );
}
