import { runCommand } from './command';
import { loadEnvFile } from './installation';

/**
 * `npm run test:stripe`: holds a real Stripe test account against what Tierline takes for granted, the same clauses that
 * local Stripe is held to in every test run. Needs STRIPE_TEST_KEY (sk_test_…); without one it says so and ends well.
 */
await runCommand(async () => {
  loadEnvFile();
  const key = process.env.STRIPE_TEST_KEY ?? '';
  if (key === '') {
    process.stdout.write('STRIPE_TEST_KEY is not set: nothing was tested against Stripe itself.\n');
    process.stdout.write(
      'Local Stripe is held to the same contract by `npm test` (lib/stripe/contract.test.ts).\n',
    );
    return;
  }
  if (!/^(sk|rk)_test_/.test(key)) throw new Error('STRIPE_TEST_KEY must be a test key (sk_test_…).');
  const { createStripe } = await import('@/lib/stripe/client');
  const { contract, openScene } = await import('@/lib/stripe/contract');
  const scene = await openScene(createStripe(key));
  let failed = 0;
  try {
    for (const clause of contract) {
      const fault = await clause.check(scene).then(() => null, String);
      if (fault) failed++;
      process.stdout.write(`${fault ? 'FAILED' : 'ok    '} ${clause.says}${fault ? `: ${fault}` : ''}\n`);
    }
  } finally {
    await scene.clear();
  }
  process.stdout.write(`${contract.length - failed} passed, ${failed} failed\n`);
  if (failed > 0) throw new Error('Stripe does not behave as Tierline takes for granted.');
});
