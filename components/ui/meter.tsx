export type MeterTone = 'ok' | 'warn' | 'danger' | 'plain';

const fills: Record<MeterTone, string> = {
  ok: 'bg-accent',
  warn: 'bg-warn',
  danger: 'bg-danger',
  plain: 'bg-edge',
};

/**
 * A bar from 0 to 100. `label` and `text` are what a screen reader hears ("Products", "75 of 200"); show the same numbers beside it.
 */
export function Meter({
  percent,
  tone,
  label,
  text,
}: {
  percent: number;
  tone: MeterTone;
  label: string;
  text: string;
}) {
  const width = Math.min(100, Math.max(0, percent));
  return (
    <div className="bar">
      <meter className="sr-only" aria-label={label} aria-valuetext={text} min={0} max={100} value={width} />
      <div className={fills[tone]} style={{ width: `${width}%` }} />
    </div>
  );
}
