import { useFormat } from '@/components/ui/format';
import { useTranslations } from '@/lib/i18n/translations';

// Feature codes come from the modules: `has` guards what the types of the messages cannot know.
type Loose = { (key: string, values?: Record<string, string | number>): string; has(key: string): boolean };

/** A feature's name by code. A feature without a translation shows its own declared name. */
export function useFeatureName(): (code: string, declared?: string) => string {
  const t = useTranslations('features') as unknown as Loose;
  return (code, declared) => (t.has(code) ? t(code) : (declared ?? code));
}

/** What a plan grants of a feature, in one line: "200 products", "Unlimited products", "Priority support". */
export function useFeatureLine(): (
  code: string,
  limit: number | null,
  binary?: boolean,
  declared?: string,
) => string {
  const t = useTranslations('features') as unknown as Loose;
  const unlimited = useTranslations('common')('unlimited');
  const name = useFeatureName();
  const format = useFormat();
  return (code, limit, binary, declared) => {
    if (binary) return name(code, declared);
    if (t.has(`lines.${code}`)) return t(`lines.${code}`, { limit: String(limit), count: limit ?? 0 });
    return `${name(code, declared)}: ${limit === null ? unlimited : format.number(limit)}`;
  };
}
