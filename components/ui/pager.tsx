import type { Route } from 'next';
import { useTranslations } from '@/lib/i18n/translations';
import { ButtonLink } from './button';

/** Cursor paging: on from here, or back to the start. Nothing is drawn when everything fits on one page. */
export function Pager({ first, next }: { first?: Route; next?: Route }) {
  const t = useTranslations('common.pager');
  if (!first && !next) return null;
  return (
    <nav aria-label={t('label')} className="flex justify-end gap-2 px-4 py-3">
      {first ? (
        <ButtonLink href={first} size="sm">
          {t('first')}
        </ButtonLink>
      ) : null}
      {next ? (
        <ButtonLink href={next} size="sm">
          {t('next')}
        </ButtonLink>
      ) : null}
    </nav>
  );
}
