import { useFeatureName } from '@/components/billing/feature-words';
import { CheckField } from '@/components/ui/check-field';
import { ConfirmButton } from '@/components/ui/confirm-button';
import { Dialog } from '@/components/ui/dialog';
import { SelectField, TextArea, TextField } from '@/components/ui/field';
import { ActionForm } from '@/components/ui/form';
import { LockedNote } from '@/components/ui/locked-note';
import { SubmitButton } from '@/components/ui/submit-button';
import type { AddOnProduct, CreditPackage, ExtraKind, Extras } from '@/lib/billing/plans/extras';
import { features } from '@/lib/features';
import { useTranslations } from '@/lib/i18n/translations';
import { writePrice } from '@/lib/money';
import { remove, save, setActive } from './actions';

const categories = ['domain', 'ssl', 'email', 'other'] as const;

type Shared = { kind: ExtraKind; platformId: string; disabledReason?: string };

/** What is sent along unseen when one is made or changed. */
const idsOf = ({ kind, platformId }: Shared, extra?: Extras[ExtraKind]): Record<string, string> => ({
  kind,
  platformId,
  ...(extra ? { id: extra.id, revision: String(extra.revision) } : {}),
});

/** The dialog in which an add-on or a credit package is made or changed. */
export function ExtraForm({
  extra,
  currency,
  ...shared
}: Shared & { extra?: Extras[ExtraKind]; currency: string }) {
  const t = useTranslations('plans');
  const c = useTranslations('console');
  const { kind, disabledReason } = shared;
  const title = extra
    ? t(disabledReason ? 'readTitle' : 'editTitle', { name: extra.name })
    : t(kind === 'add_on' ? 'extras.createAddOn' : 'extras.createPackage');
  return (
    <Dialog
      trigger={extra ? t(disabledReason ? 'read' : 'edit') : title}
      triggerLabel={title}
      variant={extra ? 'secondary' : 'primary'}
      size={extra ? 'sm' : 'md'}
      title={title}
      closeLabel={c('close')}
      disabledReason={extra ? undefined : disabledReason}
    >
      {disabledReason ? <LockedNote>{disabledReason}</LockedNote> : null}
      <ActionForm key={extra?.revision} action={save} fields={idsOf(shared, extra)} className="space-y-4">
        <fieldset disabled={Boolean(disabledReason)} className="space-y-4">
          <TextField
            name="code"
            label={t('code')}
            hint={extra ? undefined : t('codeHint')}
            defaultValue={extra?.code ?? ''}
            readOnly={Boolean(extra)}
            maxLength={50}
            required
          />
          <TextField name="name" label={t('name')} defaultValue={extra?.name ?? ''} maxLength={80} required />
          <div className="grid gap-4 sm:grid-cols-2">
            <TextField
              name="unitAmount"
              label={t('extras.price')}
              hint={extra ? t('extras.priceHint') : undefined}
              inputMode="decimal"
              autoComplete="off"
              defaultValue={extra ? writePrice(extra.unitAmount, extra.currency) : ''}
              required
            />
            <TextField
              name="currency"
              label={t('currency')}
              autoCapitalize="characters"
              autoComplete="off"
              maxLength={3}
              defaultValue={extra?.currency ?? currency}
              required
            />
          </div>
          <TextField
            name="displayOrder"
            label={t('order')}
            hint={t('orderHint')}
            inputMode="numeric"
            defaultValue={String(extra?.displayOrder ?? 0)}
          />
          {extra?.stripePriceId ? (
            <TextField
              name="stripePriceId"
              label={t('stripePrice')}
              hint={t('extras.stripePriceHint')}
              defaultValue={extra.stripePriceId}
              readOnly
            />
          ) : null}
          <CheckField
            name="isActive"
            label={t('isActive')}
            hint={t('extras.activeHint')}
            defaultChecked={extra?.isActive ?? true}
          />
          {kind === 'add_on' ? (
            <AddOnFields addOn={extra && 'features' in extra ? extra : undefined} />
          ) : (
            <PackageFields pack={extra && 'credits' in extra ? extra : undefined} />
          )}
          <SubmitButton disabledReason={disabledReason}>{t('save')}</SubmitButton>
        </fieldset>
      </ActionForm>
    </Dialog>
  );
}

function AddOnFields({ addOn }: { addOn?: AddOnProduct }) {
  const t = useTranslations('plans');
  const nameOf = useFeatureName();
  return (
    <>
      <TextArea
        name="description"
        label={t('description_')}
        defaultValue={addOn?.description ?? ''}
        maxLength={500}
      />
      <div className="grid gap-4 sm:grid-cols-2">
        <SelectField
          name="category"
          label={t('extras.category')}
          defaultValue={addOn?.category}
          options={categories.map((value) => ({ value, label: t(`extras.categories.${value}`) }))}
        />
        <SelectField
          name="interval"
          label={t('extras.interval')}
          defaultValue={addOn?.interval}
          options={(['month', 'year'] as const).map((value) => ({
            value,
            label: t(`extras.intervals.${value}`),
          }))}
        />
      </div>
      <fieldset className="rounded-lg border border-line px-4 pt-2 pb-4">
        <legend className="px-1 font-medium">{t('extras.feature')}</legend>
        <div className="grid gap-4 sm:grid-cols-2">
          {features
            .filter((feature) => feature.kind !== 'flag')
            .map((feature) => (
              <TextField
                key={feature.code}
                name={`adds_${feature.code}`}
                label={nameOf(feature.code, feature.name)}
                placeholder={t('extras.nothing')}
                inputMode="numeric"
                defaultValue={
                  addOn?.features.find((one) => one.featureCode === feature.code)?.amount.toString() ?? ''
                }
              />
            ))}
        </div>
      </fieldset>
    </>
  );
}

function PackageFields({ pack }: { pack?: CreditPackage }) {
  const t = useTranslations('plans');
  return (
    <TextField
      name="credits"
      label={t('extras.credits')}
      inputMode="numeric"
      defaultValue={pack?.credits.toString() ?? ''}
      required
    />
  );
}

/** Switch it on or off, or delete what nobody bought. */
export function ExtraActions({
  extra,
  isBought,
  ...shared
}: Shared & {
  extra: Extras[ExtraKind];
  /** Somebody bought it once. */
  isBought: boolean;
}) {
  const t = useTranslations('plans');
  const fields = idsOf(shared, extra);
  const { disabledReason } = shared;
  return (
    <>
      <ActionForm action={setActive} fields={{ ...fields, active: String(!extra.isActive) }}>
        <SubmitButton variant="ghost" size="sm" disabledReason={disabledReason}>
          {t(extra.isActive ? 'deactivate' : 'activate')}
          <span className="sr-only"> {extra.name}</span>
        </SubmitButton>
      </ActionForm>
      <ActionForm action={remove} fields={{ ...fields, name: extra.name }}>
        <ConfirmButton
          question={t('extras.deleteQuestion', { name: extra.name })}
          confirm={t('delete')}
          cancel={t('keep')}
          disabledReason={disabledReason ?? (isBought ? t('extras.boughtKeeps') : undefined)}
        >
          {t('delete')}
          <span className="sr-only"> {extra.name}</span>
        </ConfirmButton>
      </ActionForm>
    </>
  );
}
