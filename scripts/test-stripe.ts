import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { createStripe } from '@/lib/stripe/client';
import { type Outcome, playContract, readStandings, standingOf, writeReport } from '@/testing/contract';
import { runCommand } from './command';
import { loadEnvFile } from './installation';

const REPORT = fileURLToPath(new URL('../docs/stripe-contract.md', import.meta.url));
const WORDS: Record<Outcome['kind'], string> = {
  holds: 'ok      ',
  answered: 'answered',
  untestable: 'skipped ',
  fails: 'FAILED  ',
};

/**
 * `npm run test:stripe`: holds a real Stripe test account against what Tierline takes for granted, the same clauses that
 * local Stripe is held to in every test run, and keeps what it showed in docs/stripe-contract.md. Needs STRIPE_TEST_KEY
 * (sk_test_…); without one it says so, brings the list of clauses up to date and ends well.
 */
await runCommand(async () => {
  loadEnvFile();
  const say = (words: string) => process.stdout.write(`${words}\n`);
  const key = process.env.STRIPE_TEST_KEY ?? '';
  const standings = new Map(readStandings(await readFile(REPORT, 'utf8').catch(() => '')));
  const keep = () => writeFile(REPORT, writeReport(standings));
  if (key === '') {
    await keep();
    say('STRIPE_TEST_KEY is not set: nothing was tested against Stripe itself.');
    say('Local Stripe is held to the same contract by `npm test` (lib/stripe/contract.test.ts).');
    return;
  }
  if (!/^(sk|rk)_test_/.test(key)) throw new Error('STRIPE_TEST_KEY must be a test key (sk_test_…).');
  const date = new Date().toISOString().slice(0, 10);
  const count = { holds: 0, answered: 0, untestable: 0, fails: 0 };
  try {
    await playContract(createStripe(key), (clause, outcome) => {
      count[outcome.kind]++;
      const standing = standingOf(outcome, date);
      if (standing) standings.set(clause.says, standing);
      say(`${WORDS[outcome.kind]} ${clause.says}${outcome.words && ` ${outcome.words}`}`);
    });
  } finally {
    await keep();
  }
  say(`${count.holds} hold, ${count.answered} answered, ${count.untestable} skipped, ${count.fails} failed`);
  if (count.fails > 0) throw new Error('Stripe does not behave as Tierline takes for granted.');
});
