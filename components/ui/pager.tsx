import type { Route } from 'next';
import { useTranslations } from '@/lib/i18n/translations';
import { ButtonLink } from './button';

export type Query = Record<string, string | undefined>;

/** An address with what is set of a query. */
export function withQuery(path: string, query: Query): Route {
  const kept = Object.entries(query).filter((entry): entry is [string, string] => Boolean(entry[1]));
  return (kept.length > 0 ? `${path}?${new URLSearchParams(kept)}` : path) as Route;
}

export type Paging = {
  /** The list's address and its filters. */
  path: string;
  query?: Query;
  /** Whether this is not the first page. */
  isFurther?: boolean;
  /** The cursor of the next page; null when this is the last. */
  next?: string | null;
};

/** Cursor paging: on from here, or back to the start. Nothing is drawn when everything fits on one page. */
export function Pager({ path, query = {}, isFurther, next }: Paging) {
  const t = useTranslations('common.pager');
  if (!isFurther && !next) return null;
  return (
    <nav aria-label={t('label')} className="flex justify-end gap-2 px-4 py-3">
      {isFurther ? (
        <ButtonLink href={withQuery(path, query)} size="sm">
          {t('first')}
        </ButtonLink>
      ) : null}
      {next ? (
        <ButtonLink href={withQuery(path, { ...query, cursor: next })} size="sm">
          {t('next')}
        </ButtonLink>
      ) : null}
    </nav>
  );
}
