import type { Route } from 'next';
import { useTranslations } from '@/lib/i18n/translations';
import { ButtonLink, buttonClass } from './button';
import { SelectField, TextField } from './field';

export type Filter =
  | {
      kind: 'text';
      name: string;
      label: string;
      value: string | undefined;
      /** What it looks in. */
      hint?: string;
    }
  | {
      kind: 'date';
      name: string;
      label: string;
      value: string | undefined;
      /** What is wrong with what the address says. */
      wrong?: string;
    }
  | {
      kind: 'choice';
      name: string;
      label: string;
      value: string | undefined;
      options: { value: string; label: string }[];
      required?: boolean;
    };

/** A choice among values of a closed list, each said by `say`. */
export const choice = <T extends string>(
  name: string,
  label: string,
  value: string | undefined,
  values: readonly T[],
  say: (value: T) => string,
): Filter => ({
  kind: 'choice',
  name,
  label,
  value,
  options: values.map((one) => ({ value: one, label: say(one) })),
});

/** The filters of a list. They live in the URL: a plain form that works without JavaScript and can be shared. */
export function FilterBar({
  path,
  filters,
  exportHref,
}: {
  path: Route;
  filters: Filter[];
  exportHref?: string;
}) {
  const t = useTranslations('console.filter');
  const isSet = filters.some(
    (filter) => filter.value !== undefined && !(filter.kind === 'choice' && filter.required),
  );
  return (
    <form action={path} className="mb-4 flex flex-wrap items-end gap-3">
      {filters.map((filter) =>
        filter.kind === 'choice' ? (
          <SelectField
            key={filter.name}
            name={filter.name}
            label={filter.label}
            defaultValue={filter.value ?? ''}
            options={filter.required ? filter.options : [{ value: '', label: t('all') }, ...filter.options]}
            className="min-w-36"
          />
        ) : (
          <TextField
            key={filter.name}
            name={filter.name}
            type={filter.kind === 'date' ? 'date' : 'search'}
            label={filter.label}
            defaultValue={filter.value}
            placeholder={filter.kind === 'text' ? filter.hint : undefined}
            wrong={filter.kind === 'date' ? filter.wrong : undefined}
            className={filter.kind === 'date' ? 'min-w-36' : 'min-w-56 flex-1'}
          />
        ),
      )}
      <button type="submit" className={buttonClass('secondary')}>
        {t('apply')}
      </button>
      {isSet ? (
        <ButtonLink href={path} variant="ghost">
          {t('clear')}
        </ButtonLink>
      ) : null}
      {exportHref ? (
        <a href={exportHref} className={buttonClass('ghost')} download>
          {t('export')}
        </a>
      ) : null}
    </form>
  );
}
