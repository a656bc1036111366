import { resolve } from 'node:path';
import { LOCAL_KEY } from '@/lib/env';
import { keepSecret } from './data-dir';
import { isPortFree } from './ports';

export type Settings = ReturnType<typeof readSettings>;

/** What the environment says about where and how the stack runs. */
export function readSettings() {
  const port = Number(process.env.PORT || 3000);
  const stripePort = Number(process.env.LOCAL_STRIPE_PORT || 12_111);
  const viesPort = Number(process.env.LOCAL_VIES_PORT || stripePort + 1);
  const ports = { PORT: port, LOCAL_STRIPE_PORT: stripePort, LOCAL_VIES_PORT: viesPort };
  for (const [name, value] of Object.entries(ports)) {
    if (!Number.isInteger(value) || value < 1 || value > 65_535)
      throw new Error(`${name} is not a port number`);
  }
  const key = process.env.STRIPE_SECRET_KEY;
  const host = process.env.HOST || '127.0.0.1';
  return {
    port,
    stripePort,
    viesPort,
    host,
    /** Where this machine reaches what listens on `host`. */
    reach: host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host,
    dataDir: resolve(process.env.DATA_DIR || '.data'),
    databaseUrl: process.env.DATABASE_URL || null,
    local: !key || key === LOCAL_KEY,
    appUrl: process.env.APP_URL || `http://localhost:${port}`,
  };
}

/**
 * The environment of every child. Without a Stripe key it points at local Stripe; secrets not given are made once and
 * kept in the data directory.
 */
export function makeEnv(settings: Settings, databaseUrl: string, dev: boolean): NodeJS.ProcessEnv {
  const { dataDir, local, host, port, stripePort, viesPort, reach } = settings;
  return {
    ...process.env,
    NODE_ENV: dev ? 'development' : 'production',
    NEXT_TELEMETRY_DISABLED: '1',
    DEMO: '1',
    DATABASE_URL: databaseUrl,
    DATABASE_DIRECT_URL: settings.databaseUrl ? (process.env.DATABASE_DIRECT_URL ?? '') : '',
    DATA_DIR: dataDir,
    HOST: host,
    PORT: String(port),
    APP_URL: settings.appUrl,
    AUTH_SECRET: process.env.AUTH_SECRET || keepSecret(dataDir, 'AUTH_SECRET'),
    ...(local && {
      STRIPE_SECRET_KEY: LOCAL_KEY,
      STRIPE_API_BASE: `http://${reach}:${stripePort}`,
      STRIPE_WEBHOOK_SECRET:
        process.env.STRIPE_WEBHOOK_SECRET || `whsec_${keepSecret(dataDir, 'STRIPE_WEBHOOK_SECRET')}`,
      STRIPE_TAX: process.env.STRIPE_TAX || '1',
      VIES_URL: process.env.VIES_URL || `http://${reach}:${viesPort}/taxation_customs/vies/rest-api`,
      // One that the local VIES knows as a seller's: with it a check gets a consultation number.
      SELLER_VAT_NUMBER: process.env.SELLER_VAT_NUMBER || 'LU27317433',
    }),
  };
}

/** @throws with the port that is taken and how to choose another */
export async function requireFreePorts({ port, stripePort, viesPort, host, local }: Settings): Promise<void> {
  const wanted = [{ name: 'PORT', value: port, what: 'the app' }];
  if (local) {
    wanted.push({ name: 'LOCAL_STRIPE_PORT', value: stripePort, what: 'local Stripe' });
    wanted.push({ name: 'LOCAL_VIES_PORT', value: viesPort, what: 'the local VIES' });
  }
  for (const { name, value, what } of wanted) {
    // Browsers try ::1 first for localhost: a stranger there would answer in our place.
    const free =
      (await isPortFree(value, host)) && (host !== '127.0.0.1' || (await isPortFree(value, '::1')));
    if (!free) {
      throw new Error(
        `Port ${value} for ${what} is taken. Stop what uses it, or choose another: ${name}=${value + 1} npm run demo`,
      );
    }
  }
}
