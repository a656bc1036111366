import { getTableColumns, type SQLWrapper } from 'drizzle-orm';
import type { PgTable } from 'drizzle-orm/pg-core';
import type { Db } from './client';

/** A key of ours as the database names its column. */
export const columnName = (key: string) => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const keyOf = (name: string) => name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/**
 * Runs a statement of our own and reads its rows: keys in camelCase; `dates` and `numbers` name what the driver tells as
 * text. What the statement selects and `Row` must say the same.
 */
export async function readRows<Row extends object>(
  db: Db,
  statement: SQLWrapper,
  { dates = [], numbers = [] }: { dates?: (keyof Row)[]; numbers?: (keyof Row)[] } = {},
): Promise<Row[]> {
  const read = (key: string, value: unknown) => {
    if (value === null) return null;
    if (dates.includes(key as keyof Row)) return new Date(value as string);
    return numbers.includes(key as keyof Row) ? Number(value) : value;
  };
  const rows = await db.execute(statement);
  return rows.map((row) => {
    const entries = Object.entries(row).map(([name, value]) => [keyOf(name), read(keyOf(name), value)]);
    return Object.fromEntries(entries) as Row;
  });
}

export type Json = Record<string, unknown>;

/** A row that PostgreSQL told as JSON, as drizzle would have read it: instants are dates again. */
export function readJson<T extends PgTable>(table: T, json: Json): T['$inferSelect'] {
  const row: Json = {};
  for (const { key, name, isDate } of columnsOf(table)) {
    const value = json[name];
    row[key] = isDate && typeof value === 'string' ? new Date(value) : value;
  }
  return row as T['$inferSelect'];
}

type ColumnName = { key: string; name: string; isDate: boolean };
const known = new Map<PgTable, ColumnName[]>();

function columnsOf(table: PgTable): ColumnName[] {
  const found = known.get(table);
  if (found) return found;
  const columns = Object.entries(getTableColumns(table)).map(([key, column]) => ({
    key,
    name: columnName(key),
    isDate: column.dataType === 'date',
  }));
  known.set(table, columns);
  return columns;
}
