import { parseArgs } from 'node:util';
import { runCommand } from './command';
import { loadInstallation } from './installation';

/** `npm run stripe:sync [-- --dry-run]`: brings Stripe's products and prices to our catalogue, saying what it does. */
await runCommand(async () => {
  const { values } = parseArgs({ options: { 'dry-run': { type: 'boolean', default: false } } });
  loadInstallation();
  const { database } = await import('@/lib/database');
  const { requireStripe } = await import('@/lib/stripe/client');
  const { applyPush, planPush } = await import('@/lib/billing/plans/push');
  const db = database();
  const stripe = requireStripe();
  const steps = values['dry-run']
    ? await planPush(db, stripe)
    : await applyPush(db, stripe, { kind: 'system', id: 'stripe:sync' }, new Date());
  for (const step of steps) {
    process.stdout.write(`${step.action.padEnd(16)} ${step.platform}:${step.code}  ${step.detail}\n`);
  }
  const done = values['dry-run'] ? 'would be made' : 'made';
  process.stdout.write(
    steps.length === 0 ? 'Stripe has it all: nothing to do.\n' : `${steps.length} changes ${done}.\n`,
  );
});
