import { parseArgs } from 'node:util';
import { runCommand } from './command';
import { toReport, toWords } from './doctor-words';
import { loadInstallation } from './installation';

/**
 * `npm run doctor [-- --json]`: says what is wrong with an installation and how to mend it. Changes nothing. Exits 0 when
 * all is well, 1 when something wants mending.
 */
await runCommand(async () => {
  const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });
  loadInstallation();
  const { found } = await import('@/lib/doctor-findings');
  const findings = await look().catch((error: unknown) => {
    if (!(error instanceof Error && error.name === 'BadEnvironment')) throw error;
    return [found('environment', 'problem', 'incomplete', { detail: error.message })];
  });
  const problems = findings.filter((finding) => finding.level === 'problem').length;
  if (values.json) {
    const told = findings.map((finding) => ({ ...finding, ...toWords(finding) }));
    process.stdout.write(`${JSON.stringify({ ok: problems === 0, findings: told }, null, 2)}\n`);
  } else process.stdout.write(`${toReport(findings)}\n`);
  process.exitCode = problems === 0 ? 0 : 1;
});

async function look() {
  const { readEnv } = await import('@/lib/env');
  const { createDb } = await import('@/db/client');
  const { createStripe } = await import('@/lib/stripe/client');
  const { examine } = await import('@/lib/doctor');
  // As production reads it, where a live key may stand: the finding about it names NODE_ENV as it is.
  const environment = readEnv({ ...process.env, NODE_ENV: 'production' });
  const { STRIPE_SECRET_KEY: key, STRIPE_API_BASE: base, DATABASE_URL } = environment;
  const { db, close } = createDb(DATABASE_URL, { max: 2 });
  try {
    const isProduction = process.env.NODE_ENV === 'production';
    return await examine({ db, stripe: key ? createStripe(key, base) : null, environment, isProduction });
  } finally {
    await close();
  }
}
