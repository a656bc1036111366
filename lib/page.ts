import { type SQL, type SQLWrapper, sql } from 'drizzle-orm';
import { invalid } from './errors';

/** Where a page of a list begins: after this row. */
export type Cursor = { at: Date; id: string };

/** A cursor as people hand it about: the sort value and the id of the last row, opaque. The one codec. */
export const writeMark = (value: string, id: string): string =>
  Buffer.from(JSON.stringify([value, id])).toString('base64url');

/** What `writeMark` wrote; null for anything else. */
export function readMark(mark: unknown): { value: string; id: string } | null {
  if (typeof mark !== 'string') return null;
  try {
    const [value, id]: unknown[] = JSON.parse(Buffer.from(mark, 'base64url').toString('utf8'));
    return typeof value === 'string' && typeof id === 'string' && /^\w{1,64}$/.test(id)
      ? { value, id }
      : null;
  } catch {
    return null;
  }
}

/** A cursor of a list by time, from an address; a senseless one is none. */
export function findCursor(mark: unknown): Cursor | undefined {
  const found = readMark(mark);
  const at = new Date(found?.value ?? '');
  return found && !Number.isNaN(at.getTime()) ? { at, id: found.id } : undefined;
}

/** The same where a senseless one is refused. @throws ValidationFailed on `cursor` */
export function readCursor(mark: string | undefined): Cursor | undefined {
  const cursor = findCursor(mark);
  if (mark !== undefined && !cursor) throw invalidCursor();
  return cursor;
}

/** The refusal of a cursor that is none of the list. */
export const invalidCursor = () => invalid('cursor', 'invalid', 'is not a cursor of this list');

/** What comes after a cursor in a list that is newest first, with the id behind the instant; undefined without one. */
export const olderThan = (at: SQLWrapper, id: SQLWrapper, before: Cursor | undefined): SQL | undefined =>
  before && sql`(${at}, ${id}) < (${before.at.toISOString()}, ${before.id})`;

/** Cuts a list that was asked for with one row more than a page holds, and says where the next page begins. */
export function toPage<Row extends { id: string }>(
  list: Row[],
  size: number,
  atOf: (row: Row) => Date,
): { rows: Row[]; next: string | null } {
  const rows = list.slice(0, size);
  const last = rows.at(-1);
  const next = list.length > size && last ? writeMark(atOf(last).toISOString(), last.id) : null;
  return { rows, next };
}

/** The part of a list that a page asks for: one row more than it shows. */
export type Slice = { before?: Cursor; limit: number };

/** One page of a list by time, as its address asks for it: its rows, whether it is not the first, and what comes next. */
export async function readPage<Row extends { id: string }>(
  mark: unknown,
  size: number,
  list: (slice: Slice) => Promise<Row[]>,
  atOf: (row: Row) => Date,
): Promise<{ rows: Row[]; isFurther: boolean; next: string | null }> {
  const before = findCursor(mark);
  const found = await list({ before, limit: size + 1 });
  return { ...toPage(found, size, atOf), isFurther: before !== undefined };
}
