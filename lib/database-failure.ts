import { PoolBusy } from '@/db/client';
import { DomainError } from './errors';

/** 503: the database did not take the question, or gave it back unanswered. Nothing of it is kept; it may be asked again. */
export class DatabaseUnavailable extends DomainError {
  constructor(cause: unknown) {
    super('unavailable', 'database_unavailable', { retryAfter: 2 }, { cause });
  }
}

/**
 * Codes of a database that is away, changing places or too busy: of the driver, of the network, and SQLSTATEs (lock and
 * statement timeouts, idle in transaction, too many connections, starting, shutting down, read-only after a failover).
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const PASSING =
  /^(CONNECTION_\w+|CONNECT_TIMEOUT|ECONN\w+|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|55P03|57014|57P0[1-5]|25P0[34]|25006|53300|08\w{3})$/;

/** The refusal that a failure of the database is for a caller, or null when it is a fault of ours. */
export function findDatabaseFailure(error: unknown): DatabaseUnavailable | null {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    if (at instanceof PoolBusy) return new DatabaseUnavailable(at);
    const { code } = at as { code?: unknown };
    if (typeof code === 'string' && PASSING.test(code)) return new DatabaseUnavailable(at);
  }
  return null;
}
