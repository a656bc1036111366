import { useTranslations } from '@/lib/i18n/translations';

/** What a change made of a thing: each field that differs, before and after. Machine names stay as they are written. */
export function BeforeAfter({ title, before, after }: { title?: string; before: unknown; after: unknown }) {
  const t = useTranslations('console.events');
  const was = fields(before);
  const is = fields(after);
  const names = [...new Set([...Object.keys(was), ...Object.keys(is)])];
  if (names.length === 0) return title ? <p className="font-medium">{title}</p> : null;
  return (
    <table className="w-full text-sm">
      {title ? <caption className="pb-1 text-left font-medium">{title}</caption> : null}
      <thead className="sr-only">
        <tr>
          <th scope="col">{t('changes')}</th>
          <th scope="col">{t('before')}</th>
          <th scope="col">{t('after')}</th>
        </tr>
      </thead>
      <tbody>
        {names.map((name) => (
          <tr key={name} className="align-top">
            <th scope="row" className="py-0.5 pr-3 text-left font-normal text-muted">
              {name}
            </th>
            <td className="py-0.5 pr-3 break-all text-muted line-through">{say(was[name])}</td>
            <td className="py-0.5 break-all">{say(is[name])}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function fields(value: unknown): Record<string, unknown> {
  if (value === null || value === undefined) return {};
  return typeof value === 'object' && !Array.isArray(value) ? (value as Record<string, unknown>) : { value };
}

function say(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
