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

type Said = { reason: string | null; errorCode: string | null; errorDetails: Record<string, unknown> | null };

/** Why an event was not applied, as a person reads it: what a person said of it, else what we know. */
export function EventError({ event: { reason, errorCode, errorDetails } }: { event: Said }) {
  const words = useChangeWords();
  return reason ?? (errorCode && words.failure({ errorCode, errorDetails }));
}
