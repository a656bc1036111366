import { createStripe } from '@/lib/stripe/client';
import { startChild } from '@/scripts/children';
import { makeTemporaryDataDir } from '@/scripts/temporary';

/**
 * A local Stripe of its own for a test file: a separate process with an empty store, met over HTTP; beside it a local VIES.
 * `control(path, body)` posts to `/_local/PATH`, without a body it gets it; both answer the parsed JSON. `vies.url` is what
 * `VIES_URL` is in this process and its children from now on; `vies.control` is its `/_local`. Close it in `afterAll`.
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
      LOCAL_VIES_PORT: '0',
      LOCAL_STRIPE_MEMORY: '1',
      STRIPE_SECRET_KEY: 'sk_test_local',
      STRIPE_WEBHOOK_SECRET: webhookSecret,
      ...options.env,
    },
    dataDir: dataDir.path,
  });
  const match = await child.waitForLine(/^\{"listening": ?(\d+), ?"vies": ?(\d+)/, 20_000);
  const port = Number(match[1]);
  const url = `http://127.0.0.1:${port}`;
  const viesUrl = `http://127.0.0.1:${match[2]}`;
  const vies = {
    url: `${viesUrl}/taxation_customs/vies/rest-api`,
    /** One that the local VIES knows as a seller's. */
    seller: 'LU27317433',
    control: controlOf(viesUrl),
  };
  process.env.VIES_URL = vies.url;
  return {
    url,
    port,
    webhookSecret,
    stripe: createStripe('sk_test_local', url),
    vies,
    control: controlOf(url),
    async close() {
      await child.stop();
      dataDir.remove();
    },
  };
}

function controlOf(url: string) {
  return async <T = unknown>(path: string, body?: unknown): Promise<T> => {
    const init =
      body === undefined
        ? {}
        : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
    const response = await fetch(`${url}/_local/${path.replace(/^(\/?_local)?\//, '')}`, init);
    const text = await response.text();
    if (!response.ok) throw new Error(`${url} answered ${response.status} to ${path}: ${text}`);
    return (text === '' ? null : JSON.parse(text)) as T;
  };
}
