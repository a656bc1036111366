import { mkdirSync, writeFileSync } from 'node:fs';

/** One line of the table: what was measured, beside its baseline of the same run. */
export type Row = {
  name: string;
  value: number;
  unit: string;
  baseline: number | null;
  /** value ÷ baseline, from pairs of neighbouring slices; null where nothing is compared. */
  ratio: number | null;
  op: '>=' | '<=';
  target: number;
  ok: boolean;
};

/** A row that is judged by its ratio. */
export function ratioRow(
  name: string,
  unit: string,
  measured: { value: number; baseline: number; ratio: number },
  op: Row['op'],
  target: number,
): Row {
  const { value, baseline, ratio } = measured;
  const ok = op === '>=' ? ratio >= target : ratio <= target;
  return { name, value: round(value), unit, baseline: round(baseline), ratio: round(ratio), op, target, ok };
}

/** A row that is judged by its value; `baseline` is shown for comparison only. */
export function valueRow(
  name: string,
  unit: string,
  value: number,
  target: number,
  baseline: number | null = null,
): Row {
  const ratio = baseline === null || baseline === 0 ? null : round(value / baseline);
  const shown = baseline === null ? null : round(baseline);
  return { name, value: round(value), unit, baseline: shown, ratio, op: '<=', target, ok: value <= target };
}

/** Three digits that count. */
const round = (value: number): number => Number(value.toPrecision(3));

/** The rows as a table for people. */
export function toTable(rows: Row[]): string {
  const cells = rows.map((row) => [
    row.name,
    `${row.value} ${row.unit}`,
    row.baseline === null ? '' : `${row.baseline} ${row.unit}`,
    row.ratio === null ? '' : String(row.ratio),
    `${row.op === '>=' ? '≥' : '≤'} ${row.target}`,
    row.ok ? 'ok' : 'MISSED',
  ]);
  const lines = [['what', 'measured', 'baseline', 'ratio', 'target', ''], ...cells];
  const widths = [0, 1, 2, 3, 4, 5].map((column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  );
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Writes the rows where others look for them. */
export function writeRows(rows: Row[]): void {
  mkdirSync('bench/results', { recursive: true });
  writeFileSync('bench/results/latest.json', `${JSON.stringify(rows, null, 2)}\n`);
}
