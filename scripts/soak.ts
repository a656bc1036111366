import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';

/**
 * `npm run soak [-- --stories 400] [--seed 1] [--only stories,chaos,backlog,reads,upgrade,refusals]`: the large sizes of the tests that
 * prove the sync with Stripe, and an upgrade with a million audit rows. A failing seed is printed and told again by `STORY_SEED=n npx vitest run lib/billing/stories.test.ts`.
 */
const { values } = parseArgs({
  options: {
    stories: { type: 'string', default: '400' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    only: { type: 'string', default: 'stories,chaos,backlog,reads,upgrade,refusals' },
  },
});

const files: Record<string, string> = {
  stories: 'lib/billing/inbox/stories.test.ts',
  chaos: 'lib/billing/inbox/chaos.test.ts',
  backlog: 'lib/billing/inbox/backlog.test.ts',
  refusals: 'lib/billing/subscriptions/every-refusal.test.ts',
  reads: 'lib/billing/inbox/reads.test.ts',
  upgrade: 'db/migrate.test.ts',
};
const wanted = values.only.split(',');
const unknown = wanted.filter((name) => !files[name]);
if (unknown.length > 0) {
  process.stderr.write(`No part named ${unknown.join(', ')}; there are ${Object.keys(files).join(', ')}.\n`);
  process.exit(2);
}

const run = (file: string) =>
  new Promise<number>((done) => {
    const child = spawn(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', file], {
      stdio: 'inherit',
      env: { ...process.env, SOAK: '1', STORIES: values.stories, STORY_SEED: values.seed },
    });
    child.once('error', () => done(1));
    child.once('exit', (code) => done(code ?? 1));
  });

let failed = 0;
for (const name of wanted) {
  process.stdout.write(`\n== ${name} (seed ${values.seed})\n`);
  failed += (await run(files[name] ?? '')) === 0 ? 0 : 1;
}
process.stdout.write(failed === 0 ? '\nsoak: all passed\n' : `\nsoak: ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
