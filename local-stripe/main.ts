/** `node --import tsx local-stripe/main.ts`. See README.md for the environment. */
import { startLocalStripe } from './server';
import { SECRET_KEY } from './version';

const { env } = process;
// Never beside a real key: nobody should think that this is Stripe.
if (env.STRIPE_SECRET_KEY && env.STRIPE_SECRET_KEY !== SECRET_KEY) {
  console.error('Local Stripe does not start: STRIPE_SECRET_KEY is set to another key than sk_test_local.');
  process.exit(1);
}
const port = Number(env.LOCAL_STRIPE_PORT ?? '12111');
if (!Number.isInteger(port) || port < 0 || port > 65535) {
  console.error(`Local Stripe does not start: LOCAL_STRIPE_PORT=${env.LOCAL_STRIPE_PORT} is no port.`);
  process.exit(1);
}

try {
  const running = await startLocalStripe({
    port,
    host: env.HOST || '127.0.0.1',
    dataDir: env.LOCAL_STRIPE_MEMORY === '1' ? null : env.DATA_DIR || '.data',
    webhookSecret: env.STRIPE_WEBHOOK_SECRET || null,
    webhookUrl: env.LOCAL_STRIPE_WEBHOOK_URL || null,
    appUrl: env.LOCAL_STRIPE_APP_URL || null,
  });
  console.log(JSON.stringify({ listening: running.port }));
  let closing = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (closing) return;
      closing = true;
      running.close().then(
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
