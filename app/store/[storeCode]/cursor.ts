/** Where a page of a list begins: after this row. */
export type Cursor = { at: Date; id: string };

/** Reads a cursor from the URL; a senseless one is none. */
export function readCursor(value: unknown): Cursor | undefined {
  if (typeof value !== 'string') return undefined;
  const [time, id] = value.split('~');
  const at = new Date(Number(time));
  return id && time && !Number.isNaN(at.getTime()) ? { at, id } : undefined;
}

/** Cuts a list that was asked for with one row more than a page holds, and says where the next page begins. */
export function toPage<Row extends { id: string }>(
  list: Row[],
  size: number,
  atOf: (row: Row) => Date,
): { rows: Row[]; next: string | null } {
  const rows = list.slice(0, size);
  const last = rows.at(-1);
  const next = list.length > size && last ? `${atOf(last).getTime()}~${last.id}` : null;
  return { rows, next };
}
