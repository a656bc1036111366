import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import * as schema from './schema';

type Database = PostgresJsDatabase<typeof schema>;
type Transaction = Parameters<Parameters<Database['transaction']>[0]>[0];

/** An open transaction: what a verb asks for when it must hold a lock for its caller. */
export type Tx = Transaction;

/** The pool or a transaction: what a verb asks for when either will do. */
export type Db = Database | Transaction;

/**
 * Opens a pool on `url`. Connections are made when first needed. Every statement is prepared once per connection:
 * drizzle sends them through `unsafe`, which would otherwise plan each one anew, and the planning of `consume` costs
 * more than running it.
 */
export function createDb(url: string, options: { max?: number } = {}) {
  const sql = postgres(url, { max: options.max ?? 10, onnotice: () => {} });
  prepareAll(sql);
  const db: Database = drizzle(sql, { schema, casing: 'snake_case' });
  return { db, sql, close: () => sql.end({ timeout: 5 }) };
}

type Unsafe = postgres.Sql['unsafe'];

function prepareAll(sql: postgres.Sql): void {
  prepared(sql);
  const begin = sql.begin.bind(sql) as (...args: unknown[]) => unknown;
  const wrapped = (...args: unknown[]) => {
    const work = args.at(-1) as (tx: postgres.TransactionSql) => unknown;
    return begin(...args.slice(0, -1), (tx: postgres.TransactionSql) => work(preparedSavepoints(tx)));
  };
  sql.begin = wrapped as postgres.Sql['begin'];
}

/** A savepoint hands out a new object too. */
function preparedSavepoints(tx: postgres.TransactionSql): postgres.TransactionSql {
  const savepoint = tx.savepoint.bind(tx) as (...args: unknown[]) => unknown;
  const wrapped = (...args: unknown[]) => {
    const work = args.at(-1) as (inner: postgres.TransactionSql) => unknown;
    return savepoint(...args.slice(0, -1), (inner: postgres.TransactionSql) =>
      work(preparedSavepoints(inner)),
    );
  };
  tx.savepoint = wrapped as postgres.TransactionSql['savepoint'];
  return prepared(tx);
}

function prepared<T extends { unsafe: Unsafe }>(sql: T): T {
  const unsafe = sql.unsafe as (query: string, parameters?: unknown[], options?: object) => unknown;
  sql.unsafe = ((query: string, parameters?: unknown[], options?: object) =>
    unsafe(query, parameters, { ...options, prepare: (parameters?.length ?? 0) > 0 })) as Unsafe;
  return sql;
}
