import { createStripe } from '@/lib/stripe/client';
import { startChild } from '@/scripts/children';
import { makeTemporaryDataDir } from '@/scripts/temporary';

/**
 * A local Stripe of its own for a test file: a separate process with an empty store, met over HTTP.
 * `control(path, body)` posts to `/_local/PATH`, without a body it gets it; both answer the parsed JSON. Close it in `afterAll`.
 */
export async function testStripe(options: { env?: Record<string, string> } = {}) {
  const dataDir = await makeTemporaryDataDir('stripe');
  const webhookSecret = options.env?.STRIPE_WEBHOOK_SECRET ?? 'whsec_test';
  const child = startChild({
    name: 'local-stripe',
    args: ['--import', 'tsx', 'local-stripe/main.ts'],
    env: {
      ...process.env,
      DATA_DIR: dataDir.path,
      LOCAL_STRIPE_PORT: '0',
      LOCAL_STRIPE_MEMORY: '1',
      STRIPE_SECRET_KEY: 'sk_test_local',
      STRIPE_WEBHOOK_SECRET: webhookSecret,
      ...options.env,
    },
    dataDir: dataDir.path,
  });
  const match = await child.waitForLine(/^\{"listening": ?(\d+)/, 20_000);
  const port = Number(match[1]);
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    port,
    webhookSecret,
    stripe: createStripe('sk_test_local', url),
    async control<T = unknown>(path: string, body?: unknown): Promise<T> {
      const init =
        body === undefined
          ? {}
          : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
      const response = await fetch(`${url}/_local/${path.replace(/^(\/?_local)?\//, '')}`, init);
      const text = await response.text();
      if (!response.ok) throw new Error(`local Stripe answered ${response.status} to ${path}: ${text}`);
      return (text === '' ? null : JSON.parse(text)) as T;
    },
    async close() {
      await child.stop();
      dataDir.remove();
    },
  };
}
