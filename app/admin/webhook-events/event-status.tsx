import { Badge, type Tone } from '@/components/ui/badge';
import { useTranslations } from '@/lib/i18n/translations';
import { useChangeWords } from '../change-words';

type Status = 'received' | 'processed' | 'failed' | 'dead' | 'ignored';

const tones: Record<Status, Tone> = {
  received: 'accent',
  processed: 'ok',
  failed: 'warn',
  dead: 'danger',
  ignored: 'neutral',
};

/** What became of an event, in a word. */
export function EventStatus({ status }: { status: Status }) {
  const t = useTranslations('console.events.statuses');
  return <Badge tone={tones[status]}>{t(status)}</Badge>;
}

/** Why an event could not be applied, as a person reads it. */
export function EventError({ error }: { error: string }) {
  return useChangeWords().failure(error);
}
