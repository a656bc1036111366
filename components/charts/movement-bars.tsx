'use client';

import {
  Bar,
  BarChart,
  CartesianGrid,
  Legend,
  ReferenceLine,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from 'recharts';

/** One stretch of time; losses are negative. `values` are what is drawn, `texts` the same in finished words. */
export type Movement = { label: string; values: Record<string, number>; texts: Record<string, string> };
export type Kind = { key: string; label: string };

const colours = ['var(--accent)', 'var(--ok)', 'var(--edge)', 'var(--warn)', 'var(--danger)'];
/** Each kind has a weave of its own, so that it is told apart without its colour. */
const weaves = ['', 'M0 4H8', 'M0 8L8 0', 'M4 0V8', 'M0 0L8 8M0 8L8 0'];

/** Gains above the line, losses below, one stack per month. The same numbers stand in a table beside it. */
export function MovementBars({
  label,
  movements,
  kinds,
  unit,
}: {
  label: string;
  movements: Movement[];
  kinds: Kind[];
  /** How many of the values make one of the axis: 100 cents a euro, 1 yen a yen. */
  unit: number;
}) {
  const rows = movements.map(({ label: month, values, texts }) => ({ month, texts, ...values }));
  return (
    <div role="img" aria-label={label} className="h-72 w-full text-sm">
      <ResponsiveContainer width="100%" height="100%" initialDimension={{ width: 600, height: 288 }}>
        <BarChart
          data={rows}
          stackOffset="sign"
          accessibilityLayer={false}
          margin={{ top: 8, right: 8, left: 0 }}
        >
          <defs>
            {kinds.map((kind, index) => (
              <pattern
                key={kind.key}
                id={`weave-${kind.key}`}
                width="8"
                height="8"
                patternUnits="userSpaceOnUse"
              >
                <rect width="8" height="8" fill={colours[index]} />
                <path d={weaves[index]} stroke="var(--surface)" strokeWidth="1.5" />
              </pattern>
            ))}
          </defs>
          <CartesianGrid vertical={false} stroke="var(--line)" />
          <XAxis
            dataKey="month"
            tickLine={false}
            axisLine={false}
            stroke="var(--muted)"
            tick={{ fill: 'var(--muted)' }}
          />
          <YAxis
            width={56}
            tickLine={false}
            axisLine={false}
            stroke="var(--muted)"
            tick={{ fill: 'var(--muted)' }}
            tickFormatter={(value: number) => String(Math.round(value / unit))}
          />
          <ReferenceLine y={0} stroke="var(--edge)" />
          <Tooltip
            cursor={{ fill: 'var(--sunken)' }}
            contentStyle={{
              background: 'var(--surface)',
              border: '1px solid var(--line)',
              borderRadius: 8,
              color: 'var(--ink)',
            }}
            itemStyle={{ color: 'var(--ink)' }}
            formatter={(_value, name, item) => {
              const { texts } = item.payload as Movement;
              return [texts[String(item.dataKey)] ?? '', name];
            }}
          />
          <Legend itemSorter={null} formatter={(name: string) => <span className="text-ink">{name}</span>} />
          {kinds.map((kind) => (
            <Bar
              key={kind.key}
              dataKey={kind.key}
              name={kind.label}
              stackId="month"
              fill={`url(#weave-${kind.key})`}
              isAnimationActive={false}
              maxBarSize={56}
            />
          ))}
        </BarChart>
      </ResponsiveContainer>
    </div>
  );
}
