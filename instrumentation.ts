/** Runs once as the server starts: the environment is checked, and the worker started unless it runs elsewhere. */
export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME !== 'nodejs') return;
  const { env } = await import('@/lib/env');
  const { WORKER } = env();
  if (WORKER === '0') return;
  const { startWorker } = await import('@/lib/jobs');
  const worker = await startWorker();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void worker.stop());
}
