import type { ReactNode } from 'react';
import { Icon } from './icon';

const tones = {
  info: 'border-accent/25 bg-accent-soft text-accent-ink',
  ok: 'border-ok/30 bg-ok-soft text-ok-ink',
  warn: 'border-warn/35 bg-warn-soft text-warn-ink',
  danger: 'border-danger/35 bg-danger-soft text-danger-ink',
} as const;

export type BannerTone = keyof typeof tones;

/**
 * What needs doing now: one sentence, one button. `live` announces it when it appears as an answer to an action.
 */
export function Banner({
  tone = 'info',
  title,
  children,
  action,
  live = false,
}: {
  tone?: BannerTone;
  title: ReactNode;
  children?: ReactNode;
  action?: ReactNode;
  live?: boolean;
}) {
  return (
    <div
      role={live ? (tone === 'danger' ? 'alert' : 'status') : undefined}
      className={`flex flex-wrap items-center gap-x-4 gap-y-3 rounded-xl border px-4 py-3 ${tones[tone]}`}
    >
      <Icon name={tone === 'ok' ? 'check' : tone === 'info' ? 'info' : 'warning'} className="size-5" />
      <div className="min-w-0 flex-1 basis-56">
        <p className="font-semibold">{title}</p>
        {children ? <div className="mt-0.5 text-ink">{children}</div> : null}
      </div>
      {action}
    </div>
  );
}
