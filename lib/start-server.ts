import { forgetForwardedFor } from './client-address';
import { env } from './env';
import { startWorker } from './worker';

/** The environment is checked, a missing variable named; then the worker starts, unless it runs in processes of its own. */
export async function startServer(): Promise<void> {
  const { WORKER } = env();
  forgetForwardedFor();
  if (WORKER === '0') return;
  const worker = await startWorker();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void worker.stop());
}
