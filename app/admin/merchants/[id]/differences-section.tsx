import { Card } from '@/components/ui/card';
import { CopyId } from '@/components/ui/copy-id';
import { ActionForm } from '@/components/ui/form';
import { SubmitButton } from '@/components/ui/submit-button';
import { useTranslations } from '@/lib/i18n/translations';
import { useChangeWords } from '../../change-words';
import { stripeLink } from '../../stripe-link';
import { reconcile } from './actions';
import type { MerchantPage } from './load';

type Row = MerchantPage['differences'][number];

/** Where Stripe and we disagree, in words with what to do about it, and the comparison itself. */
export function DifferencesSection({ page, locked }: { page: MerchantPage; locked?: string }) {
  const t = useTranslations('merchant.page');
  const noCustomer = page.overview.customer.stripeCustomerId ? undefined : t('noCustomer');
  return (
    <Card
      id="differences"
      title={t('differences')}
      description={page.differences.length === 0 ? t('noDifferences') : t('differencesText')}
      actions={
        <ActionForm action={reconcile} fields={{ merchantId: page.merchant.id }}>
          <SubmitButton variant="secondary" size="sm" disabledReason={locked ?? noCustomer}>
            {t('reconcile')}
          </SubmitButton>
        </ActionForm>
      }
    >
      {page.differences.length > 0 ? (
        <ul className="divide-y divide-line">
          {page.differences.map((row) => (
            <Difference key={row.id} row={row} />
          ))}
        </ul>
      ) : null}
    </Card>
  );
}

const told = ['missing_at_stripe', 'two_live_subscriptions'] as const;

function Difference({ row }: { row: Row }) {
  const t = useTranslations('merchant.differences');
  const c = useTranslations('console');
  const words = useChangeWords();
  const known = told.find((kind) => kind === row.kind);
  return (
    <li className="space-y-1 py-3 first:pt-0 last:pb-0">
      <p>
        <span className="font-medium">{words.entity(row.entity)}.</span>{' '}
        {known ? t(known) : (words.reason(row.kind) ?? t('other'))}
      </p>
      <p className="text-sm text-muted">{t(`todo.${known ?? 'other'}`)}</p>
      <ul className="flex flex-wrap gap-x-6 gap-y-2">
        {namedIn(row).map(({ id, link }) => (
          <li key={id} className="flex flex-wrap items-center gap-2">
            <CopyId value={id} label={c('copy')} copiedLabel={c('copied')} />
            {link ? (
              <a href={link} target="_blank" rel="noreferrer" className="link">
                {t('atStripe')} <span className="sr-only">{id}</span>
              </a>
            ) : null}
          </li>
        ))}
      </ul>
    </li>
  );
}

const kinds = { sub: 'subscriptions', cus: 'customers', in: 'invoices', price: 'prices' } as const;
const kindOf = (id: string) => Object.entries(kinds).find(([prefix]) => id.startsWith(`${prefix}_`))?.[1];

/** Stripe's objects that a difference names, once each; what Stripe does not have leads nowhere. */
function namedIn({ kind, entityId, local, stripe }: Row): { id: string; link?: string }[] {
  const isMissing = kind === 'missing_at_stripe';
  const ids = isMissing ? textsIn(local) : [entityId, ...textsIn(stripe)];
  return [...new Set(ids)].flatMap((id) => {
    const at = kindOf(id);
    return at ? [{ id, link: isMissing ? undefined : stripeLink(at, id) }] : [];
  });
}

const textsIn = (value: unknown): string[] =>
  typeof value === 'string'
    ? [value]
    : typeof value === 'object' && value !== null
      ? Object.values(value).flatMap(textsIn)
      : [];
