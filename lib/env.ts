import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { hostsOf } from '@/db/hosts';
import { isCountry } from './countries';

const optional = z
  .string()
  .trim()
  .transform((value) => (value === '' ? undefined : value))
  .optional();

const flag = z
  .enum(['0', '1', ''])
  .optional()
  .transform((value) => value === '1');

/** Several hosts may stand in it, as libpq writes them: `postgres://u:p@a,b/db?target_session_attrs=read-write`. */
const databaseAddress = z.string().superRefine((value, context) => {
  try {
    hostsOf(value);
  } catch (error) {
    context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) });
  }
});

const shape = z.object({
  NODE_ENV: z.enum(['development', 'production', 'test']).default('development'),
  DATABASE_URL: databaseAddress,
  /** Around a pooler, for what needs a session of its own: migrations, the worker, locks. */
  DATABASE_DIRECT_URL: optional.pipe(databaseAddress.optional()),
  /** `0` prepares no statements: behind a pooler in transaction mode that does not know them (PgBouncer before 1.21). */
  DATABASE_PREPARE: z
    .enum(['0', '1'])
    .default('1')
    .transform((value) => value === '1'),
  /** `0` leaves migrating to `npm run db:migrate`; a process that finds a database behind its build does not start. */
  MIGRATE: z.enum(['0', '1']).default('1'),
  AUTH_SECRET: z.string().min(32, 'must be at least 32 characters: openssl rand -base64 32'),
  APP_URL: z
    .url({ protocol: /^https?$/, error: 'must be an address that begins with http:// or https://' })
    .transform((url) => url.replace(/\/+$/, '')),
  STRIPE_SECRET_KEY: optional,
  STRIPE_PUBLISHABLE_KEY: optional,
  /** Empty switches the webhook route off; two secrets during a roll, separated by a comma. */
  STRIPE_WEBHOOK_SECRET: optional,
  STRIPE_API_BASE: optional,
  STRIPE_TRIAL_DAYS: z.coerce.number().int().min(0).max(730).default(30),
  STRIPE_TAX: flag,
  /** Payment methods that Checkout offers, by Stripe's names; `all` leaves it to the account's settings. */
  STRIPE_METHODS: z
    .string()
    .default('card,link')
    .transform((value) =>
      value.trim() === 'all' || value.trim() === '' ? null : value.split(',').map((one) => one.trim()),
    ),
  SMTP_URL: optional,
  VIES_URL: optional,
  SELLER_COUNTRY: z
    .string()
    .trim()
    .toUpperCase()
    .refine(isCountry, 'must be a country code of ISO 3166')
    .default('LU'),
  /** Ours, as VIES is told who asks: only then it gives a consultation number. */
  SELLER_VAT_NUMBER: optional,
  METRICS_TOKEN: optional,
  TRUST_PROXY: flag,
  DEMO: flag,
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).optional(),
  /** Seconds in which a process that was told to end still serves, so that proxies see that it is not ready. */
  SHUTDOWN_DELAY: z.coerce.number().min(0).max(300).default(5),
  /** Milliseconds, as Next's own server reads it, for which an idle connection is kept. */
  KEEP_ALIVE_TIMEOUT: z.coerce.number().int().min(1_000).max(3_600_000).default(75_000),
  /** `0` leaves the jobs to `npm run worker`. */
  WORKER: z.enum(['0', '1']).default('1'),
});

export type Env = z.infer<typeof shape>;

/** Where what needs a session of its own finds PostgreSQL: `DATABASE_DIRECT_URL`, else `DATABASE_URL`. */
export const directUrl = (given: Pick<Env, 'DATABASE_URL' | 'DATABASE_DIRECT_URL'> = env()): string =>
  given.DATABASE_DIRECT_URL ?? given.DATABASE_URL;

export class BadEnvironment extends Error {
  override name = 'BadEnvironment';
}

/** Secrets that may stand in a file of their own: `NAME_FILE` is its path. */
const SECRETS = [
  'DATABASE_URL',
  'DATABASE_DIRECT_URL',
  'AUTH_SECRET',
  'STRIPE_SECRET_KEY',
  'STRIPE_WEBHOOK_SECRET',
  'SMTP_URL',
  'METRICS_TOKEN',
];

/**
 * The variables with each `NAME_FILE` replaced by what the file holds, without the line's end: how Docker and Kubernetes
 * hand secrets over. @throws BadEnvironment when a file cannot be read, or the variable is given too
 */
export function readSecretFiles(
  given: Record<string, string | undefined>,
): Record<string, string | undefined> {
  const variables = { ...given };
  for (const name of SECRETS) {
    const path = variables[`${name}_FILE`];
    delete variables[`${name}_FILE`];
    if (!path) continue;
    if (variables[name]) throw new BadEnvironment(`${name} and ${name}_FILE are both set: give one of them.`);
    try {
      variables[name] = readFileSync(path, 'utf8').trim();
    } catch (error) {
      throw new BadEnvironment(
        `${name}_FILE cannot be read: ${error instanceof Error ? error.message : error}`,
      );
    }
  }
  return variables;
}

let checked: Env | undefined;

/**
 * The environment, checked once per process. Throws `BadEnvironment` that names every variable that is missing or wrong.
 * A live Stripe key outside production is refused: a test run must not be able to charge anybody.
 */
export function env(): Env {
  checked ??= readEnv(readSecretFiles(process.env));
  return checked;
}

/** From where we sell, alone: what mirrors an invoice needs nothing else of the environment. Throws as `env` does. */
export const sellerCountry = (): string => {
  const read = shape.shape.SELLER_COUNTRY.safeParse(process.env.SELLER_COUNTRY);
  if (!read.success) throw new BadEnvironment(`SELLER_COUNTRY ${read.error.issues[0]?.message ?? ''}`);
  return read.data;
};

/** The check itself, on any set of variables. */
export function readEnv(variables: Record<string, string | undefined>): Env {
  const result = shape.safeParse(variables);
  if (!result.success) {
    const lines = result.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`);
    throw new BadEnvironment(`The environment is not complete (see .env.example):\n${lines.join('\n')}`);
  }
  const read = result.data;
  const live = isLiveKey(read.STRIPE_SECRET_KEY);
  if (live && read.NODE_ENV !== 'production') {
    throw new BadEnvironment('STRIPE_SECRET_KEY is a live key, and NODE_ENV is not production.');
  }
  if (live && read.DEMO) throw new BadEnvironment('STRIPE_SECRET_KEY is a live key, and DEMO is 1.');
  if (read.STRIPE_API_BASE && read.STRIPE_SECRET_KEY && read.STRIPE_SECRET_KEY !== LOCAL_KEY) {
    throw new BadEnvironment('STRIPE_API_BASE is for local Stripe only: its key is sk_test_local.');
  }
  return read;
}

/** Whether a secret or restricted key moves real money. https://docs.stripe.com/keys */
export const isLiveKey = (key: string | undefined): boolean => /^(sk|rk)_live_/.test(key ?? '');

/** Whether this process runs on such a key: what Stripe calls `livemode`. */
export const isLiveMode = (): boolean => isLiveKey(env().STRIPE_SECRET_KEY);

/** The key that local Stripe, and nothing else, accepts. */
export const LOCAL_KEY = 'sk_test_local';

/** Whether payments run on local Stripe. */
export function isLocalStripe(): boolean {
  return env().STRIPE_SECRET_KEY === LOCAL_KEY;
}
