import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { runCommand } from './command';
import { loadInstallation } from './installation';

/**
 * `npm run stripe:import [-- --apply] [--csv file] [--platform market]`: takes the subscriptions of the Stripe account
 * into Tierline. Without `--apply` it only says what it would do.
 */
await runCommand(async () => {
  const { values } = parseArgs({
    options: {
      apply: { type: 'boolean', default: false },
      csv: { type: 'string' },
      platform: { type: 'string' },
    },
  });
  const { importSubscriptions } = await import('@/lib/billing/inbox/import');
  const { readMatches } = await import('@/lib/billing/inbox/import-matches');
  const matches = values.csv ? readMatches(readFileSync(values.csv, 'utf8')) : undefined;
  loadInstallation();
  const { getPlatform } = await import('@/lib/billing/accounts');
  const { database } = await import('@/lib/database');
  const { requireStripe } = await import('@/lib/stripe/client');
  const { businessNow } = await import('@/lib/time');
  const db = database();
  const rows = await importSubscriptions(db, requireStripe(), {
    apply: values.apply,
    matches,
    platformId: values.platform ? (await getPlatform(db, values.platform)).id : undefined,
    actor: { kind: 'system', id: 'stripe:import' },
    now: await businessNow(db),
    onRow: (row) => {
      const who = row.merchantId ?? row.email ?? row.customer;
      const words = row.outcome.replaceAll('_', ' ').padEnd(16);
      process.stdout.write(`${words} ${row.subscription}  ${who}  ${row.detail}\n`);
    },
  });
  const counts = new Map<string, number>();
  for (const row of rows) counts.set(row.outcome, (counts.get(row.outcome) ?? 0) + 1);
  const summary = [...counts]
    .map(([outcome, count]) => `${count} ${outcome.replaceAll('_', ' ')}`)
    .join(', ');
  process.stdout.write(`${rows.length} subscriptions: ${summary || 'none'}.\n`);
  if (!values.apply) process.stdout.write('Nothing was written; `-- --apply` does it.\n');
  const failed = rows.filter((row) => row.outcome === 'failed').length;
  if (failed > 0) throw new Error(`${failed} could not be imported; run it again once mended.`);
});
