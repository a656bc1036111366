import { useFormat } from '@/components/ui/format';
import { useTranslations, useWords } from '@/lib/i18n/translations';

/** A feature's name by code. A feature without a translation shows its own declared name. */
export function useFeatureName(): (code: string, declared?: string) => string {
  const find = useWords('features');
  return (code, declared) => find(code) ?? declared ?? code;
}

/** What a plan grants of a feature, in one line: "200 products", "Unlimited products", "Priority support". */
export function useFeatureLine(): (
  code: string,
  limit: number | null,
  binary?: boolean,
  declared?: string,
) => string {
  const find = useWords('features');
  const unlimited = useTranslations('common')('unlimited');
  const name = useFeatureName();
  const format = useFormat();
  return (code, limit, binary, declared) => {
    if (binary) return name(code, declared);
    const amount = limit === null ? unlimited : format.number(limit);
    const line = find(`lines.${code}`, { limit: String(limit), count: limit ?? 0 });
    return line ?? `${name(code, declared)}: ${amount}`;
  };
}
