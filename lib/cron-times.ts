import { Cron } from 'croner';

/** When a cron line is due next, in UTC. */
export function nextRun(cron: string, after: Date): Date {
  const next = new Cron(cron, { timezone: 'UTC', paused: true }).nextRun(after);
  if (!next) throw new Error(`${cron} is never due`);
  return next;
}

/** When a cron line was due last before a moment, in UTC. */
export function previousRun(cron: string, before: Date): Date {
  const [previous] = new Cron(cron, { timezone: 'UTC', paused: true }).previousRuns(1, before);
  if (!previous) throw new Error(`${cron} was never due`);
  return previous;
}
