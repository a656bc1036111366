import { runCommand } from './command';
import { loadInstallation } from './installation';

/**
 * `npm run worker`: a process that only runs jobs, beside any number of others and of app processes. SIGTERM lets jobs that
 * run end; what is cut off all the same is taken up by another worker within seconds. It may be process 1 of a container.
 */
await runCommand(async () => {
  // First of all: process 1 is sent no signal that it does not listen to.
  const told = new Promise<'told'>((stop) => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => stop('told'));
  });
  loadInstallation();
  const { migrateAtStart } = await import('./migration-words');
  const { startWorker } = await import('@/lib/worker');
  if ((await Promise.race([told, migrateAtStart()])) === 'told') return;
  const worker = await startWorker();
  process.stdout.write('worker started\n');
  await told;
  await worker.stop();
});
