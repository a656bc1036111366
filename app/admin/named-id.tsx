import { CopyId } from '@/components/ui/copy-id';
import { useTranslations } from '@/lib/i18n/translations';

/** An id to copy with whose it is before it: ours and Stripe's may begin alike. */
export function NamedId({ name, value }: { name: string; value: string }) {
  const c = useTranslations('console');
  return (
    <span className="inline-flex items-center gap-2">
      <span className="text-sm text-muted">{name}</span>
      <CopyId value={value} label={c('copy')} copiedLabel={c('copied')} />
    </span>
  );
}
