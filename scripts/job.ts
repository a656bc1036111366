import { Misuse, runCommand } from './command';
import { loadInstallation } from './installation';

/** `npm run job -- NAME`: runs one job now, in this process. */
await runCommand(async () => {
  const { jobs, runJobNow } = await import('@/lib/jobs');
  const name = process.argv[2] ?? '';
  const names = jobs.map((job) => job.name);
  if (!names.includes(name)) {
    const words = name ? `There is no job named ${name}.` : 'Name a job: npm run job -- NAME.';
    throw new Misuse(`${words} Jobs:\n${names.map((known) => `  ${known}`).join('\n')}`);
  }
  loadInstallation();
  const startedAt = Date.now();
  const result = await runJobNow(name);
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
  process.stdout.write(
    `${name} done in ${seconds} s${result === undefined ? '' : ` ${JSON.stringify(result)}`}\n`,
  );
});
