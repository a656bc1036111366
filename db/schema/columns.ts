import { sql } from 'drizzle-orm';
import { type AnyPgColumn, bigint, text, timestamp } from 'drizzle-orm/pg-core';

/** An instant, kept in UTC to the millisecond: as precise as the Date that reads it, so that a cursor skips no row. */
export const instant = () => timestamp({ withTimezone: true, mode: 'date', precision: 3 });

/** When the row was written, in the database's own time (not business time). */
export const writtenAt = () => instant().notNull().default(sql`now()`);

/** Money or a count in its smallest unit; safe integers only. */
export const amount = () => bigint({ mode: 'number' });

/** An opaque id, made by `newId` in db/ids.ts. */
export const id = () => text().primaryKey();

/** The id of a row of another table, which must be there. */
export const ref = (column: () => AnyPgColumn) => text().notNull().references(column);

/*
 * Indexes that serve `order by … desc` say `.desc().nullsFirst()`: that is what PostgreSQL means by DESC. Drizzle's own
 * default, NULLS LAST, makes an index that no such query uses.
 */
