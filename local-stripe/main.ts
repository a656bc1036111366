/** `node --import tsx local-stripe/main.ts`. See README.md for the environment. */
import { startLocalStripe } from './server';
import { SECRET_KEY } from './version';
import { startLocalVies } from './vies/server';

const { env } = process;
// Never beside a real key: nobody should think that this is Stripe.
if (env.STRIPE_SECRET_KEY && env.STRIPE_SECRET_KEY !== SECRET_KEY) {
  console.error('Local Stripe does not start: STRIPE_SECRET_KEY is set to another key than sk_test_local.');
  process.exit(1);
}
const port = portOf('LOCAL_STRIPE_PORT', 12_111);
const viesPort = portOf('LOCAL_VIES_PORT', port === 0 ? 0 : port + 1);
const host = env.HOST || '127.0.0.1';
const dataDir = env.LOCAL_STRIPE_MEMORY === '1' ? null : env.DATA_DIR || '.data';

try {
  const running = await startLocalStripe({
    port,
    host,
    dataDir,
    webhookSecret: env.STRIPE_WEBHOOK_SECRET || null,
    webhookUrl: env.LOCAL_STRIPE_WEBHOOK_URL || null,
    appUrl: env.LOCAL_STRIPE_APP_URL || null,
  });
  // Its dates are those of this clock: what was checked when is part of the story that the demo tells.
  const now = () => running.app.clock.running() * 1000;
  const vies = await startLocalVies({ port: viesPort, host, dataDir, now });
  console.log(JSON.stringify({ listening: running.port, vies: vies.port }));
  let closing = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (closing) return;
      closing = true;
      Promise.all([running.close(), vies.close()]).then(
        () => process.exit(0),
        (error: unknown) => {
          console.error(error);
          process.exit(1);
        },
      );
    });
  }
} catch (error) {
  console.error(`Local Stripe does not start: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}

function portOf(name: string, otherwise: number): number {
  const port = Number(env[name] || otherwise);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  console.error(`Local Stripe does not start: ${name}=${env[name]} is no port.`);
  process.exit(1);
}
