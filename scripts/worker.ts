import { runCommand } from './command';
import { loadInstallation } from './installation';

/** `npm run worker`: a process that only runs jobs, beside any number of others and of app processes. */
await runCommand(async () => {
  loadInstallation();
  const { migrateAtStart } = await import('./migration-words');
  const { startWorker } = await import('@/lib/worker');
  await migrateAtStart();
  const worker = await startWorker();
  process.stdout.write('worker started\n');
  await new Promise<void>((stop) => {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop());
  });
  // Jobs that run are given the time to finish; what does not is taken up by another worker.
  await worker.stop();
});
