import type Stripe from 'stripe';
import type { Db } from '@/db/client';
import { type Env, isLiveKey, LOCAL_KEY } from '@/lib/env';

export type Area =
  | 'environment'
  | 'database'
  | 'migrations'
  | 'key'
  | 'stripe'
  | 'clock'
  | 'webhook'
  | 'catalogue'
  | 'portal'
  | 'tax'
  | 'vat'
  | 'worker'
  | 'events'
  | 'email'
  | 'staff';

/** What was found in one area. `ok` = looked at and well; a `note` is worth knowing; a `problem` wants mending. */
export type Finding = {
  area: Area;
  level: 'ok' | 'note' | 'problem';
  code: string;
  facts: Record<string, string | number>;
};

export type KeyMode = 'live' | 'test' | 'local' | 'none' | 'unknown';

export type Patient = {
  db: Db;
  stripe: Stripe | null;
  environment: Pick<
    Env,
    | 'DATABASE_URL'
    | 'DATABASE_DIRECT_URL'
    | 'DATABASE_PREPARE'
    | 'APP_URL'
    | 'STRIPE_SECRET_KEY'
    | 'STRIPE_PUBLISHABLE_KEY'
    | 'STRIPE_WEBHOOK_SECRET'
    | 'STRIPE_TAX'
    | 'SELLER_COUNTRY'
    | 'SELLER_VAT_NUMBER'
    | 'SMTP_URL'
  >;
  /** Whether this process says that it is production. */
  isProduction: boolean;
};

export const found = (
  area: Area,
  level: Finding['level'],
  code: string,
  facts: Finding['facts'] = {},
): Finding => ({ area, level, code, facts });

/** What kind of Stripe a secret key belongs to. */
export function keyMode(key: string | undefined): KeyMode {
  if (!key) return 'none';
  if (key === LOCAL_KEY) return 'local';
  if (isLiveKey(key)) return 'live';
  return /^(sk|rk)_test_/.test(key) ? 'test' : 'unknown';
}

/** The words of the innermost error: drizzle wraps what the driver said. */
export function causeOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(causeOf).join('; ');
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : causeOf(error.cause);
}
