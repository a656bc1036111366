import postgres from 'postgres';
import { findPrimary } from './hosts';

/** Something that needs a session of its own was led to a pooler that hands the session on after each transaction. */
export class TransactionPooler extends Error {
  override name = 'TransactionPooler';
  constructor(who: string) {
    super(
      `${who} cannot go through a pooler in transaction mode: locks and LISTEN would be left in somebody else's session. Set DATABASE_DIRECT_URL to PostgreSQL itself, or to a pooler in session mode.`,
    );
  }
}

/**
 * Whether the address leads to a pooler that gives a session to somebody else between two statements of ours (PgBouncer's
 * `pool_mode = transaction` or `statement`). Two clients look at the session they speak to: of their own, they never meet
 * in one, and never change it.
 * @throws when the database cannot be reached
 */
export async function isTransactionPooler(address: string): Promise<boolean> {
  const url = await findPrimary(address);
  const open = () =>
    postgres(url, {
      max: 1,
      prepare: false,
      fetch_types: false,
      onnotice: () => {},
      idle_timeout: 0,
      max_lifetime: null,
    });
  const [first, second] = [open(), open()];
  try {
    const own = await session(first);
    for (let round = 0; round < 3; round++) {
      const met = await second
        .begin(async (tx) => {
          const theirs = await session(tx);
          // Not asked within theirs when it is the same: a pool of one would never answer.
          return theirs === own || (await session(first)) !== own;
        })
        .catch(refusedTransaction);
      if (met) return true;
    }
    return false;
  } finally {
    await Promise.all([first.end({ timeout: 1 }), second.end({ timeout: 1 })]);
  }
}

async function session(sql: postgres.ISql): Promise<number> {
  const [row] = await sql<{ pid: number }[]>`select pg_backend_pid() as pid`.simple();
  return row?.pid ?? 0;
}

/** Statement mode lets no transaction begin. */
function refusedTransaction(error: unknown): true {
  if (error instanceof postgres.PostgresError && /statement pooling/.test(error.message)) return true;
  throw error;
}
