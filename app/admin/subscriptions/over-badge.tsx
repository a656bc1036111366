import { useFeatureName } from '@/components/billing/feature-words';
import { Badge } from '@/components/ui/badge';
import { useFormat } from '@/components/ui/format';
import { useTranslations } from '@/lib/i18n/translations';

/** Of what more is used than granted, in a word or two; nothing when all is fine. */
export function OverBadge({ codes }: { codes: string[] }) {
  const t = useTranslations('console.subscriptions');
  const format = useFormat();
  const name = useFeatureName();
  if (codes.length === 0) return null;
  return <Badge tone="danger">{t('over', { features: format.list(codes.map((code) => name(code))) })}</Badge>;
}
