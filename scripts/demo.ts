import { parseArgs } from 'node:util';
import { loadEnvFile } from './installation';
import { findLauncher, isRunning } from './processes';
import { type Stack, startStack } from './stack';

const people: [string, string][] = [
  ['admin@tierline.test', 'administers the platform'],
  ['support@tierline.test', 'sees what an admin sees, changes nothing'],
  ['owner@acme.test', 'ACME, ACMEDE: Professional, active'],
  ['owner@fresh.test', 'FRESH: in its trial, 20 days left'],
  ['owner@lapsed.test', 'LAPSED: trial expired, never paid'],
  ['owner@late.test', 'LATE: a payment is past due'],
  ['owner@leaving.test', 'LEAVING: cancels at the end of the period'],
  ['owner@full.test', 'FULL: 200 of 200 products'],
  ['owner@grand.test', 'GRAND: Enterprise with overrides'],
  ['member@acme.test', "a team member of ACME's"],
];

const { values: flags } = parseArgs({
  options: { dev: { type: 'boolean' }, fresh: { type: 'boolean' }, verbose: { type: 'boolean' } },
});
const say = (line: string) => process.stdout.write(`${line}\n`);
// The pipe to whoever reads may be gone when we are asked to stop.
process.stdout.on('error', () => {});
process.stderr.on('error', () => {});

let stack: Stack | undefined;
const asked = new AbortController();
const launcher = findLauncher();

/** Whatever asks first decides; a terminal and npm both pass the same Ctrl-C on. */
async function stop(code: number): Promise<void> {
  if (asked.signal.aborted) return;
  asked.abort();
  say('stopping');
  await starting.catch(() => {});
  await stack?.stop();
  process.exit(code);
}

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => void stop(0));
// npm killed with -9 tells nobody: without this the demo would live on with nobody to stop it.
setInterval(() => {
  if (launcher && !isRunning(launcher)) void stop(1);
}, 1000).unref();

const startedAt = Date.now();
async function start(): Promise<void> {
  loadEnvFile();
  const echo = flags.dev || flags.verbose;
  stack = await startStack({
    dev: flags.dev,
    fresh: flags.fresh,
    signal: asked.signal,
    report: say,
    onChildLine: (child, line) => echo && say(`[${child}] ${line}`),
  });
}

const starting = start();
try {
  await starting;
} catch (error) {
  if (!asked.signal.aborted) {
    process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
}
if (stack && !asked.signal.aborted) {
  announce(stack);
  stack.failed.then((words) => {
    process.stderr.write(`\n${words}\n`);
    void stop(1);
  });
}

function announce({ appUrl, stripeUrl, viesUrl, logs }: Stack): void {
  say('');
  say(`  Tierline      ${appUrl}    (ready after ${((Date.now() - startedAt) / 1000).toFixed(1)} s)`);
  if (stripeUrl) say(`  local Stripe  ${stripeUrl}`);
  if (viesUrl) say(`  local VIES    ${viesUrl}`);
  say(`  logs          ${logs}`);
  say('');
  say('  Sign in with the password demo-password as');
  for (const [email, words] of people) say(`    ${email.padEnd(24)} ${words}`);
  say('');
  say('  Ctrl-C stops everything.');
}
