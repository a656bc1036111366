import { join } from 'node:path';
import { startChild } from '../scripts/children';
import { findRunningStack } from '../scripts/installation';
import { findFreePort } from '../scripts/ports';
import { makeTemporaryDataDir } from '../scripts/temporary';

/** What a developer's own settings must not bring into a test: empty wins over a line in `.env`. */
const APART = [
  'DATABASE_URL',
  'APP_URL',
  'AUTH_SECRET',
  'HOST',
  'SMTP_URL',
  'VIES_URL',
  'SELLER_VAT_NUMBER',
  'TRUST_PROXY',
  'STRIPE_TAX',
];

/**
 * Starts a demo of its own, on free ports and in a folder that goes afterwards; with E2E_BASE_URL the tests meet the
 * one that runs there. The tests find it in E2E_BASE_URL, E2E_STRIPE_URL, E2E_VIES_URL (its origin) and E2E_DATABASE_URL.
 */
export default async function setup(): Promise<(() => Promise<void>) | undefined> {
  if (process.env.E2E_BASE_URL) return undefined;
  const folder = await makeTemporaryDataDir('e2e', { guarded: true });
  const dataDir = join(folder.path, 'data');
  const emptied = [...APART, 'STRIPE_SECRET_KEY', 'STRIPE_API_BASE', 'STRIPE_WEBHOOK_SECRET'];
  const child = startChild({
    name: 'demo',
    args: ['--import', 'tsx', 'scripts/demo.ts'],
    env: {
      ...process.env,
      ...Object.fromEntries(emptied.map((name) => [name, ''])),
      DATA_DIR: dataDir,
      PORT: String(await findFreePort()),
      LOCAL_STRIPE_PORT: String(await findFreePort()),
      LOCAL_VIES_PORT: String(await findFreePort()),
    },
    dataDir: folder.path,
  });
  const stop = async () => {
    await child.stop(15_000);
    folder.remove();
  };
  try {
    await child.waitForLine(/Ctrl-C stops everything/, 240_000);
    const stack = findRunningStack(dataDir);
    if (!stack) throw new Error('the demo is up but did not say where');
    process.env.E2E_BASE_URL = stack.appUrl;
    process.env.E2E_STRIPE_URL = stack.stripeApiBase ?? '';
    process.env.E2E_VIES_URL = stack.viesUrl ? new URL(stack.viesUrl).origin : '';
    process.env.E2E_DATABASE_URL = stack.databaseUrl;
    process.env.E2E_STATE_DIR = join(folder.path, 'signed-in');
    return stop;
  } catch (error) {
    await stop();
    throw error;
  }
}
