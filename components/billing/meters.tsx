'use client';

import { Disclosure } from '@/components/ui/disclosure';
import { Meter, type MeterTone } from '@/components/ui/meter';

export type Reason = { label: string; text: string; value?: string };

/** One limit in finished words. */
export type MeterView = {
  code: string;
  name: string;
  /** "75 of 200", and "125 left". */
  text: string;
  rest?: string;
  /** Null = unlimited. */
  percent: number | null;
  tone: MeterTone;
  reasons?: Reason[];
  unlocks?: string[];
};

/** The limits as bars; each opens the way to its number and what would give more. Words travel as data: see `InvoiceList`. */
export function Meters({ meters, words }: { meters: MeterView[]; words: { why: string; unlock: string } }) {
  return (
    <div className="grid gap-x-10 gap-y-6 md:grid-cols-2">
      {meters.map((meter) => (
        <div key={meter.code}>
          <div className="mb-2 flex flex-wrap items-baseline justify-between gap-x-4">
            <h3 className="font-medium">{meter.name}</h3>
            <p className="text-muted">
              <span className="font-medium text-ink">{meter.text}</span>
              {meter.rest ? ` · ${meter.rest}` : null}
            </p>
          </div>
          {meter.percent === null ? (
            <div className="h-2 rounded-full bg-accent-soft" />
          ) : (
            <Meter percent={meter.percent} tone={meter.tone} label={meter.name} text={meter.text} />
          )}
          {meter.reasons ? (
            <Disclosure summary={words.why} className="mt-2 text-sm">
              <Reasons reasons={meter.reasons} unlocks={meter.unlocks ?? []} unlockLabel={words.unlock} />
            </Disclosure>
          ) : null}
        </div>
      ))}
    </div>
  );
}

function Reasons({
  reasons,
  unlocks,
  unlockLabel,
}: {
  reasons: Reason[];
  unlocks: string[];
  unlockLabel: string;
}) {
  return (
    <div className="rounded-lg bg-sunken px-3 py-2">
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
          <p className="mt-2 text-muted">{unlockLabel}</p>
          <ul className="list-disc pl-5">
            {unlocks.map((unlock) => (
              <li key={unlock}>{unlock}</li>
            ))}
          </ul>
        </>
      ) : null}
    </div>
  );
}
