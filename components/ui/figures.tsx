import type { ReactNode } from 'react';

export type Figure = { label: string; value: ReactNode; note?: ReactNode };

/** A few numbers side by side, each with its name. */
export function Figures({ figures }: { figures: Figure[] }) {
  return (
    <dl className="grid gap-px overflow-hidden rounded-xl border border-line bg-line shadow-raised sm:grid-cols-2 lg:grid-cols-[repeat(auto-fit,minmax(11rem,1fr))]">
      {figures.map((figure) => (
        <div key={figure.label} className="bg-surface px-4 py-4 sm:px-6">
          <dt className="text-muted">{figure.label}</dt>
          <dd className="mt-1 text-xl font-semibold tracking-tight">{figure.value}</dd>
          {figure.note ? <dd className="text-sm text-muted">{figure.note}</dd> : null}
        </div>
      ))}
    </dl>
  );
}
