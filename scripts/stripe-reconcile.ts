import { parseArgs } from 'node:util';
import { runCommand } from './command';
import { loadInstallation } from './installation';

/**
 * `npm run stripe:reconcile [-- --dry-run] [--merchant ID]`: compares Tierline with Stripe, one merchant or all, showing
 * how far it is. What only lags is repaired; what both sides claim differently is listed with both sides.
 */
await runCommand(async () => {
  const { values } = parseArgs({
    options: { 'dry-run': { type: 'boolean', default: false }, merchant: { type: 'string' } },
  });
  loadInstallation();
  const { reconcileStripe } = await import('@/lib/billing/inbox/reconcile');
  const { database } = await import('@/lib/database');
  const { isLiveMode } = await import('@/lib/env');
  const { requireStripe } = await import('@/lib/stripe/client');
  const { businessNow } = await import('@/lib/time');
  const db = database();
  const report = await reconcileStripe(db, requireStripe(), {
    now: await businessNow(db),
    livemode: isLiveMode(),
    actor: { kind: 'system', id: 'stripe:reconcile' },
    merchantId: values.merchant,
    dryRun: values['dry-run'],
    onProgress: (done) => {
      if (done % 100 === 0) process.stderr.write(`${done} merchants compared\n`);
    },
  });
  for (const one of report.differences) {
    const verdict = one.repaired ? (report.dryRun ? 'would repair' : 'repaired') : 'for a person';
    process.stdout.write(`${verdict.padEnd(13)} ${one.entity} ${one.id} (${one.kind})\n`);
    process.stdout.write(`  ours:   ${JSON.stringify(one.local)}\n  Stripe: ${JSON.stringify(one.stripe)}\n`);
  }
  process.stdout.write(
    `${report.merchants} merchants compared: ${report.missedEvents} events had been missed, ${report.repaired} ` +
      `${report.dryRun ? 'would be repaired' : 'repaired'}, ${report.ambiguous} for a person.\n`,
  );
  if (report.failed.length > 0) {
    process.stdout.write(`Could not be compared, see the log: ${report.failed.join(', ')}\n`);
    process.exitCode = 1;
  }
  if (report.dryRun) process.stdout.write('Nothing was written.\n');
});
