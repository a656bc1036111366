import type { Route } from 'next';
import { ButtonLink } from '@/components/ui/button';
import type { CatalogDrift } from '@/lib/billing/plans/catalog-drift';
import { useTranslations } from '@/lib/i18n/translations';

export const PUSH = '/admin/subscription-tiers/push' as Route;

/** Leads to the push, and says how much was changed at Stripe by hand. */
export function PushLink({ drift }: { drift: CatalogDrift[] }) {
  const t = useTranslations('plans');
  return (
    <ButtonLink href={PUSH}>
      {t('push')}
      {drift.length > 0 ? (
        <span className="badge badge-warn">{t('driftCount', { count: drift.length })}</span>
      ) : null}
    </ButtonLink>
  );
}

/** At a row: Stripe says otherwise than we do. Leads to what it says. */
export function DriftBadge({ drift, offerId }: { drift: CatalogDrift[]; offerId: string }) {
  const t = useTranslations('plans');
  if (!drift.some((one) => one.offerId === offerId)) return null;
  return (
    <a href={`${PUSH}#drift`} className="badge badge-warn hover:underline">
      {t('drift')}
    </a>
  );
}
