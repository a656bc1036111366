import { useFeatureName } from '@/components/billing/feature-words';
import { useFormat } from '@/components/ui/format';
import { features } from '@/lib/features';
import { useTranslations } from '@/lib/i18n/translations';
import { loadOfferNames, sayValue, useChangeWords } from './change-words';

type Change = { title?: string; before: unknown; after: unknown };

/** What a change made of a thing: each field that differs, before and after, in words; the field's own name is its title. */
export async function BeforeAfter(change: Change) {
  return <Fields {...change} names={await loadOfferNames()} />;
}

function Fields({ title, before, after, names }: Change & { names: Map<string, string> }) {
  const e = useTranslations('console.events');
  const t = useTranslations('trail');
  const words = useChangeWords();
  const featureName = useFeatureName();
  const format = useFormat();
  const was = fields(before);
  const is = fields(after);
  const currency = [is.currency, was.currency].find((one) => typeof one === 'string');
  const said = { yes: t('yes'), no: t('no'), off: t('off'), unlimited: t('unlimited') };
  const feature = (code: unknown) => features.find((one) => one.code === code);
  const say = (name: string, value: unknown) => {
    const one = name === 'feature' || name === 'featureCode' ? feature(value) : undefined;
    if (one) return featureName(one.code, one.name);
    return sayValue(name, value, { format, names, words: said, ...(currency ? { currency } : {}) });
  };
  const called = (name: string) => {
    const one = feature(name);
    return one ? featureName(name, one.name) : words.field(name);
  };
  const changed = [...new Set([...Object.keys(was), ...Object.keys(is)])].filter(
    (name) => say(name, was[name]) !== say(name, is[name]),
  );
  return (
    <div className="min-w-0 text-sm">
      {title ? <p className="mb-1 font-medium">{title}</p> : null}
      <dl className="space-y-0.5">
        {changed.map((name) => (
          <div key={name} className="flex flex-wrap gap-x-2">
            <dt className="text-muted" title={name}>
              {called(name)}
            </dt>
            {say(name, was[name]) ? (
              <dd className="break-words text-muted line-through">
                <span className="sr-only">{e('before')} </span>
                {say(name, was[name])}
              </dd>
            ) : null}
            <dd className="min-w-0 break-words">
              <span className="sr-only">{e('after')} </span>
              {say(name, is[name]) || '–'}
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
