import type { ReactNode } from 'react';
import { Disclosure } from '@/components/ui/disclosure';

export type Bar = { label: string; value: number; text: string };

/**
 * A row of bars drawn by the server, with the same numbers in a table behind a toggle. For one series over time; readable
 * without colour and without JavaScript.
 */
export function Bars({
  caption,
  bars,
  tableLabel,
  headers,
}: {
  caption: string;
  bars: Bar[];
  tableLabel: ReactNode;
  headers: [label: string, value: string];
}) {
  const top = Math.max(1, ...bars.map((bar) => bar.value));
  const highest = bars.find((bar) => bar.value === top);
  const gap = bars.length > 40 ? 1 : 3;
  const width = 100 / Math.max(1, bars.length);
  return (
    <figure>
      <figcaption className="mb-2 flex flex-wrap justify-between gap-2 font-medium">
        {caption}
        {highest ? <span className="font-normal text-muted">max. {highest.text}</span> : null}
      </figcaption>
      <svg viewBox="0 0 100 40" preserveAspectRatio="none" aria-hidden="true" className="h-40 w-full">
        <path d="M0 39.8H100" className="stroke-line" strokeWidth="0.3" />
        {bars.map((bar, index) => {
          const height = (bar.value / top) * 38;
          return (
            <rect
              key={bar.label}
              x={index * width + gap / 20}
              y={39.6 - height}
              width={Math.max(0.2, width - gap / 10)}
              height={height}
              className="fill-accent"
            >
              <title>{`${bar.label}: ${bar.text}`}</title>
            </rect>
          );
        })}
      </svg>
      <p aria-hidden="true" className="mt-1 flex justify-between text-sm text-muted">
        <span>{bars[0]?.label}</span>
        <span>{bars.at(-1)?.label}</span>
      </p>
      <Disclosure summary={tableLabel} className="mt-3">
        <div className="max-h-72 overflow-y-auto">
          <table className="w-full text-left">
            <caption className="sr-only">{caption}</caption>
            <thead className="text-sm text-muted">
              <tr>
                <th scope="col" className="py-1 font-medium">
                  {headers[0]}
                </th>
                <th scope="col" className="py-1 text-right font-medium">
                  {headers[1]}
                </th>
              </tr>
            </thead>
            <tbody className="divide-y divide-line">
              {bars.map((bar) => (
                <tr key={bar.label}>
                  <th scope="row" className="py-1 font-normal">
                    {bar.label}
                  </th>
                  <td className="py-1 text-right">{bar.text}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </Disclosure>
    </figure>
  );
}
