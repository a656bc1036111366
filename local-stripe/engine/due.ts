/** When each object next needs the engine, and what is done then. */
import type { App } from '../app';
import type { TableName, Tables } from '../types';

export function dueAt(_app: App, table: TableName, rec: { id: string }): number | null {
  if (table === 'tax_ids') return (rec as Tables['tax_ids'])._.verify_at;
  return null;
}

export function runDue(app: App, until: number, clock: string | null): number {
  let done = 0;
  for (let next = app.timers.next(until, clock); next; next = app.timers.next(until, clock)) done += 1;
  return done;
}
