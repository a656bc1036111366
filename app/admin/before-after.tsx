import { useTranslations } from '@/lib/i18n/translations';

/** What a change made of a thing: each field that differs, before and after. Machine names stay as they are written. */
export function BeforeAfter({ title, before, after }: { title?: string; before: unknown; after: unknown }) {
  const t = useTranslations('console.events');
  const was = fields(before);
  const is = fields(after);
  const names = [...new Set([...Object.keys(was), ...Object.keys(is)])].filter(
    (name) => say(was[name]) !== say(is[name]),
  );
  return (
    <div className="min-w-0 text-sm">
      {title ? <p className="mb-1 font-medium">{title}</p> : null}
      <dl className="space-y-0.5">
        {names.map((name) => (
          <div key={name} className="flex flex-wrap gap-x-2">
            <dt className="text-muted">{name}</dt>
            {say(was[name]) ? (
              <dd className="break-all text-muted line-through">
                <span className="sr-only">{t('before')} </span>
                {say(was[name])}
              </dd>
            ) : null}
            <dd className="break-all">
              <span className="sr-only">{t('after')} </span>
              {say(is[name]) || '–'}
            </dd>
          </div>
        ))}
      </dl>
    </div>
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
