import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { hostsOf } from './hosts';
import * as schema from './schema';

type Database = PostgresJsDatabase<typeof schema>;
type Transaction = Parameters<Parameters<Database['transaction']>[0]>[0];

/** An open transaction: what a verb asks for when it must hold a lock for its caller. */
export type Tx = Transaction;

/** The pool or a transaction: what a verb asks for when either will do. */
export type Db = Database | Transaction;

/** Every connection of the pool was busy for longer than a caller may wait. Nothing was asked. */
export class PoolBusy extends Error {
  override name = 'PoolBusy';
  constructor(readonly waitedMs: number) {
    super(`no database connection was free within ${waitedMs} ms`);
  }
}

/** By `read-write` the driver would take a standby: it looks at `default_transaction_read_only` alone. */
const PRIMARY = { target_session_attrs: 'primary' } as const;

/** The driver's own option, which its types leave out. */
const ONE_AT_A_TIME = { max_pipeline: 0 };

export type DbOptions = {
  /** Connections at most. Default 10. */
  max?: number;
  /** `false` behind a pooler in transaction mode before PgBouncer 1.21: each statement is parsed anew. */
  prepare?: boolean;
  /** How long a statement or transaction may wait for a connection before it is refused with `PoolBusy`. Default: for ever. */
  waitMs?: number;
};

/**
 * Opens a pool on `url`; several hosts may stand in it (`target_session_attrs`). Connections are made when first needed,
 * within five seconds. Every statement is prepared once per connection: drizzle sends them through `unsafe`, which would
 * otherwise plan each one anew, and the planning of `consume` costs more than running it. A connection answers one question
 * at a time: whoever finds all of them busy waits for the first that is free, not behind a slow one.
 */
export function createDb(url: string, { max = 10, prepare = true, waitMs = 0 }: DbOptions = {}) {
  requireMended();
  const sql = postgres(url, {
    ...(hostsOf(url).length > 1 && PRIMARY),
    max,
    prepare,
    ...ONE_AT_A_TIME,
    connect_timeout: 5,
    keep_alive: 10,
    onnotice: () => {},
    connection: { application_name: 'tierline' },
  });
  if (prepare) prepareAll(sql);
  if (waitMs > 0) boundWait(sql, waitMs);
  const db: Database = drizzle(sql, { schema, casing: 'snake_case' });
  return { db, sql, close: () => sql.end({ timeout: 5 }) };
}

/** `npm ci --ignore-scripts` leaves the driver as it is published: it would lose and cross what is asked of it. */
function requireMended(): void {
  if ((postgres as { mended?: number }).mended === 3) return;
  throw new Error(
    'The PostgreSQL driver in node_modules lacks the patch in db/patches (docs/decisions/0006): run npm ci, with its scripts',
  );
}

/** What the driver knows of a question that is asked: `state` is the connection that took it. */
type Asked = postgres.PendingQuery<postgres.Row[]> & {
  state: unknown;
  executed: boolean;
  resolve(value: unknown): void;
  reject(error: unknown): void;
};

/** Takes a question back that no connection took in time. `begin` goes through `unsafe` too; what is asked inside does not. */
function boundWait(sql: postgres.Sql, waitMs: number): void {
  const unsafe = sql.unsafe as (...args: unknown[]) => Asked;
  sql.unsafe = ((...args: unknown[]) => {
    const query = unsafe(...args);
    const { resolve, reject } = query;
    const timer = setTimeout(() => {
      if (!query.executed || query.state !== null) return;
      query.reject = () => reject(new PoolBusy(waitMs));
      query.cancel();
    }, waitMs);
    query.resolve = (value) => {
      clearTimeout(timer);
      resolve(value);
    };
    query.reject = (error) => {
      clearTimeout(timer);
      reject(error);
    };
    return query;
  }) as Unsafe;
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
