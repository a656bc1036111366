import { randomUUID } from 'node:crypto';
import type { Route } from 'next';
import Link from 'next/link';
import { CreditBalance } from '@/components/billing/credit-balance';
import { CreditLedger } from '@/components/billing/credit-ledger';
import { Card } from '@/components/ui/card';
import { SelectField, TextArea, TextField } from '@/components/ui/field';
import { FormDialog } from '@/components/ui/form-dialog';
import { useTranslations } from '@/lib/i18n/translations';
import { adjust } from './actions';
import { type MerchantPage, SHOWN, userIn } from './load';

/** The wallet with its last lines; an admin gives or takes, with a reason. */
export function CreditsSection({ page, locked }: { page: MerchantPage; locked?: string }) {
  const t = useTranslations('merchant.page');
  const c = useTranslations('console');
  const { ledger } = page.overview.credits;
  const note = useLedgerNote(page.nameOf);
  return (
    <Card
      id="credits"
      title={t('credits')}
      actions={
        <FormDialog
          trigger={t('adjust')}
          size="sm"
          title={t('adjustTitle', { name: page.merchant.name })}
          description={t('adjustText')}
          disabledReason={locked}
          action={adjust}
          fields={{ ...page.account, key: randomUUID() }}
          resetOnSuccess
          submit={t('adjust')}
        >
          <SelectField
            name="way"
            label={t('way')}
            options={(['give', 'take'] as const).map((value) => ({ value, label: t(`ways.${value}`) }))}
          />
          <TextField name="amount" label={t('amount')} inputMode="numeric" required />
          <TextArea name="reason" label={c('reason')} hint={c('reasonHint')} maxLength={500} required />
        </FormDialog>
      }
    >
      <CreditBalance credits={page.overview.credits} />
      <h3 className="mt-6 mb-1 font-medium">{t('ledger')}</h3>
      <CreditLedger ledger={ledger.slice(0, SHOWN)} note={note} />
      {ledger.length > SHOWN ? (
        <Link
          href={`/admin/merchants/${page.merchant.id}/credits?platform=${page.platform.code}` as Route}
          prefetch={false}
          className="link mt-2"
        >
          {t('allMovements')}
        </Link>
      ) : null}
    </Card>
  );
}

/** Why credits were given or taken by hand, and by whom; nothing of other lines. */
export function useLedgerNote(nameOf: Map<string, string>) {
  const t = useTranslations('merchant.overrides');
  const a = useTranslations('console.audit.actors');
  return ({ kind, reason, actor }: MerchantPage['overview']['credits']['ledger'][number]): string | null => {
    if (kind !== 'adjust') return null;
    const id = userIn(actor);
    const [by = 'system'] = actor.split(':');
    const author = id ? (nameOf.get(id) ?? id) : by === 'api_key' ? a('api_key') : a('system');
    return t('because', { reason, author });
  };
}
