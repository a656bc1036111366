import { Badge, type Tone } from '@/components/ui/badge';
import type { SubscriptionStatus } from '@/lib/billing/entitlements/standing';
import { useTranslations } from '@/lib/i18n/translations';

/** Green runs, amber needs a look, red costs access. */
export const statusTones: Record<SubscriptionStatus, Tone> = {
  none: 'neutral',
  trialing: 'accent',
  active: 'ok',
  past_due: 'danger',
  unpaid: 'danger',
  paused: 'warn',
  incomplete: 'warn',
  incomplete_expired: 'neutral',
  canceled: 'neutral',
  expired: 'warn',
};

/** The state of a subscription in a word or two. */
export function StatusBadge({ status, ending = false }: { status: SubscriptionStatus; ending?: boolean }) {
  const t = useTranslations('billing.status');
  return ending ? (
    <Badge tone="warn">{t('ending')}</Badge>
  ) : (
    <Badge tone={statusTones[status]}>{t(status)}</Badge>
  );
}
