import { parseArgs } from 'node:util';
import { Misuse, runCommand } from './command';
import { drillPooler } from './drill/pooler';
import { drillWebhooks } from './drill/webhooks';

const parts: Record<string, (say: (line: string) => void) => Promise<string[]>> = {
  pooler: drillPooler,
  webhooks: drillWebhooks,
};

/**
 * `npm run drill [-- --only pooler,webhooks]`: what goes wrong in production, done on purpose, with the programs of this machine. It
 * installs nothing: what is missing is named, and it exits 2. Exits 1 when something was lost, crossed or hung.
 */
await runCommand(async () => {
  const { values } = parseArgs({ options: { only: { type: 'string' } } });
  const wanted = values.only?.split(',') ?? Object.keys(parts);
  const say = (line: string) => void process.stdout.write(`${line}\n`);
  const wrong: string[] = [];
  for (const name of wanted) {
    const part = parts[name];
    if (!part) throw new Misuse(`No part named ${name}; there are ${Object.keys(parts).join(', ')}.`);
    say(`== ${name}`);
    wrong.push(
      ...(await part(say).catch((error: Error) => {
        throw /is missing/.test(error.message) ? new Misuse(error.message) : error;
      })),
    );
  }
  say(wrong.length === 0 ? 'drill: all held' : wrong.map((line) => `WRONG ${line}`).join('\n'));
  process.exitCode = wrong.length === 0 ? 0 : 1;
});
