import { subscribe } from 'node:diagnostics_channel';
import type { ServerResponse } from 'node:http';
import { forgetForwardedFor } from './client-address';
import { env } from './env';
import { isLeaving, leave } from './leaving';
import { type RunningWorker, startWorker } from './worker';

/**
 * The environment is checked, a missing variable named; then the worker starts, unless it runs in processes of its own.
 * `npm start` (scripts/start.ts) tells this process by message when to leave.
 */
export async function startServer(): Promise<void> {
  const { WORKER } = env();
  forgetForwardedFor();
  const worker = WORKER === '0' ? null : await startWorker();
  process.on('message', (message) => {
    if (message === 'leave') void leaveInPeace(worker);
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void worker?.stop());
}

/** Not ready from now on; what is asked is still answered, and each answer closes its connection. Says when no job runs. */
async function leaveInPeace(worker: RunningWorker | null): Promise<void> {
  if (isLeaving()) return;
  leave();
  subscribe('http.server.request.start', (message) => {
    (message as { response: ServerResponse }).response.shouldKeepAlive = false;
  });
  await worker?.stop();
  process.send?.('no job runs');
}
