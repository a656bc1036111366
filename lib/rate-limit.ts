import { type SQL, sql } from 'drizzle-orm';
import { RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';
import type { Db } from '@/db/client';
import { DomainError } from './errors';

/** 429; `retryAfter` in seconds. */
export class RateLimited extends DomainError {
  constructor(retryAfter: number) {
    super('rate_limited', 'rate_limited', { retryAfter });
  }
}

const MINUTE = 60;

/** The limits of the contract: `points` per `duration` seconds of real time, shared by all processes through PostgreSQL. */
const rules = {
  sign_in_address: { points: 30, duration: MINUTE },
  sign_in_failures: { points: 5, duration: 15 * MINUTE },
  checkout: { points: 5, duration: MINUTE },
  portal: { points: 5, duration: MINUTE },
  add_on: { points: 5, duration: MINUTE },
  credits: { points: 5, duration: MINUTE },
  invitation: { points: 20, duration: 60 * MINUTE },
  rest: { points: 600, duration: MINUTE },
} as const;

type Rule = keyof typeof rules;

/** A try to sign in. @throws RateLimited for an address that tries too often, or an account with too many failures */
export async function limitSignIn(db: Db, who: { address: string; email: string }): Promise<void> {
  await spend(db, 'sign_in_address', who.address);
  const failures = await limiter(db, 'sign_in_failures').get(accountOf(who.email));
  if (failures && failures.consumedPoints >= rules.sign_in_failures.points) throw refusal(failures);
}

/** Notes a failed sign-in, for known and unknown accounts alike. */
export async function noteSignInFailure(db: Db, email: string): Promise<void> {
  await limiter(db, 'sign_in_failures').penalty(accountOf(email));
}

/** Forgets the failures of an account after it signed in. */
export async function clearSignInFailures(db: Db, email: string): Promise<void> {
  await limiter(db, 'sign_in_failures').delete(accountOf(email));
}

/** Opening a page of Stripe's: 5 a minute for each kind and user. @throws RateLimited */
export async function limitPurchase(
  db: Db,
  kind: 'checkout' | 'portal' | 'add_on' | 'credits',
  userId: string,
): Promise<void> {
  await spend(db, kind, userId);
}

/** An invitation: 20 an hour per merchant. @throws RateLimited */
export async function limitInvitations(db: Db, merchantId: string): Promise<void> {
  await spend(db, 'invitation', merchantId);
}

/** A request of the REST API by one session or key. @throws RateLimited */
export async function limitRest(db: Db, who: string, perMinute?: number): Promise<void> {
  await spend(db, 'rest', who, perMinute);
}

const accountOf = (email: string) => email.trim().toLowerCase().slice(0, 254);

async function spend(db: Db, rule: Rule, who: string, points?: number): Promise<void> {
  try {
    await limiter(db, rule, points).consume(who);
  } catch (error) {
    throw error instanceof RateLimiterRes ? refusal(error) : error;
  }
}

const refusal = (state: RateLimiterRes) => new RateLimited(Math.max(1, Math.ceil(state.msBeforeNext / 1000)));

const limiters = new WeakMap<Db, Map<string, RateLimiterPostgres>>();

function limiter(db: Db, rule: Rule, points: number = rules[rule].points): RateLimiterPostgres {
  const known = limiters.get(db) ?? new Map<string, RateLimiterPostgres>();
  limiters.set(db, known);
  const name = `${rule}:${points}`;
  const found = known.get(name) ?? makeLimiter(db, rule, points);
  known.set(name, found);
  return found;
}

function makeLimiter(db: Db, rule: Rule, points: number): RateLimiterPostgres {
  return new RateLimiterPostgres({
    storeClient: { query: (query: Query) => run(db, query) },
    storeType: 'pool',
    tableName: 'rate_limits',
    tableCreated: true,
    keyPrefix: rule,
    points,
    duration: rules[rule].duration,
  });
}

type Query = { text: string; values: unknown[] };

/** The library speaks to node-postgres; this says its statements to ours. */
async function run(db: Db, { text, values }: Query) {
  const parts = text.split(/\$(\d+)/);
  const chunks: SQL[] = parts.map((part, i) =>
    i % 2 === 0 ? sql.raw(part) : sql`${values[Number(part) - 1]}`,
  );
  const rows = await db.execute(sql.join(chunks));
  return { rows, rowCount: rows.length };
}
