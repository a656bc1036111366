import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readSecretFiles } from '@/lib/env';
import { readJson, writePrivateJson } from './data-dir';
import { isRunning, type ProcessIdentity } from './processes';

/** What a command beside a running stack must know to work on the same installation. */
export interface RunningStack {
  databaseUrl: string;
  appUrl: string;
  authSecret: string;
  stripeSecretKey: string | null;
  stripeApiBase: string | null;
  /** `VIES_URL` and the number that asks there. */
  viesUrl: string | null;
  sellerVatNumber: string | null;
  webhookSecret: string | null;
  processes: { stack: ProcessIdentity; app: ProcessIdentity; [name: string]: ProcessIdentity };
}

const pathIn = (dataDir: string) => join(dataDir, 'running.json');

/** Notes a stack that is up, readable by its owner only: it holds secrets. */
export function writeRunningStack(dataDir: string, stack: RunningStack): void {
  writePrivateJson(pathIn(dataDir), stack);
}

/** The stack that runs on this data directory now, or null. */
export function findRunningStack(dataDir: string): RunningStack | null {
  const stack = readJson<RunningStack>(pathIn(dataDir));
  return stack && isRunning(stack.processes.stack) ? stack : null;
}

/** Reads `.env` where there is one, variables that are set already win, and the files of secrets (`NAME_FILE`). */
export function loadEnvFile(): void {
  if (existsSync('.env')) process.loadEnvFile('.env');
  const read = readSecretFiles(process.env);
  for (const name of Object.keys(process.env)) if (!(name in read)) delete process.env[name];
  Object.assign(process.env, read);
}

/**
 * Points this process at the installation meant: `DATABASE_URL` when given, else the demo that runs on `DATA_DIR`.
 * Of a running demo it takes everything, keys included, so that its database never meets another Stripe account.
 */
export function loadInstallation(): void {
  loadEnvFile();
  const dataDir = process.env.DATA_DIR || '.data';
  const stack = findRunningStack(dataDir);
  const given = process.env.DATABASE_URL;
  if (given && given !== stack?.databaseUrl) return;
  if (!stack) {
    throw new Error(`Set DATABASE_URL, or start the demo first: none is running on ${dataDir}.`);
  }
  Object.assign(process.env, {
    DATABASE_URL: stack.databaseUrl,
    DATABASE_DIRECT_URL: '',
    APP_URL: stack.appUrl,
    AUTH_SECRET: stack.authSecret,
    STRIPE_SECRET_KEY: stack.stripeSecretKey ?? '',
    STRIPE_API_BASE: stack.stripeApiBase ?? '',
    VIES_URL: stack.viesUrl ?? '',
    SELLER_VAT_NUMBER: stack.sellerVatNumber ?? '',
    STRIPE_WEBHOOK_SECRET: stack.webhookSecret ?? '',
    DEMO: '1',
  });
  if (stack.stripeApiBase) process.env.STRIPE_TAX ??= '1';
}
