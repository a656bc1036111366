import { useFormat } from '@/components/ui/format';
import type { Unlock } from '@/lib/billing/errors';
import { useTranslations } from '@/lib/i18n/translations';

export type Reason = { label: string; text: string; value?: string };

/** The way to a number, step by step, and what would give more. */
export function Reasons({ reasons, unlocks }: { reasons: Reason[]; unlocks: Unlock[] }) {
  const t = useTranslations('billing.explain');
  const words = useTranslations('errors.unlock');
  const format = useFormat();

  function unlockText({ kind, name = '', price }: Unlock): string {
    if (kind === 'release') return words('release');
    if (!price) return words(kind, { name });
    return words(`${kind}_${price.interval}`, { name, price: format.money(price.amount, price.currency) });
  }

  return (
    <div className="rounded-lg bg-sunken px-3 py-2 font-normal text-ink">
      <ol className="space-y-1">
        {reasons.map((reason) => (
          <li key={`${reason.label}:${reason.text}:${reason.value}`} className="flex justify-between gap-4">
            <span>
              <span className="text-muted">{reason.label}:</span> {reason.text}
            </span>
            {reason.value ? <span className="font-medium whitespace-nowrap">{reason.value}</span> : null}
          </li>
        ))}
      </ol>
      {unlocks.length > 0 ? (
        <>
          <p className="mt-2 text-muted">{t('unlock')}</p>
          <ul className="list-disc pl-5">
            {unlocks.map((unlock) => (
              <li key={`${unlock.kind}:${unlock.code}`}>{unlockText(unlock)}</li>
            ))}
          </ul>
        </>
      ) : null}
    </div>
  );
}
