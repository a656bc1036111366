/** What falls due when: a queue per clock. Entries that no longer hold are dropped when they come up. */
import TinyQueue from 'tinyqueue';
import type { TableName } from './types';

interface Timer {
  at: number;
  table: TableName;
  id: string;
  order: number;
}

/** By time; what was set first comes first. */
const before = (a: Timer, b: Timer): number => a.at - b.at || a.order - b.order;

export class Timers {
  private readonly queues = new Map<string, TinyQueue<Timer>>();
  private readonly current = new Map<string, { at: number; clock: string }>();
  private order = 0;

  set(table: TableName, id: string, at: number | null, clock: string | null): void {
    const key = `${table}/${id}`;
    const name = clock ?? '';
    const was = this.current.get(key);
    if (at === null) {
      this.current.delete(key);
      return;
    }
    if (was && was.at === at && was.clock === name) return;
    this.current.set(key, { at, clock: name });
    this.order += 1;
    const queue = this.queues.get(name) ?? new TinyQueue<Timer>([], before);
    this.queues.set(name, queue);
    queue.push({ at, table, id, order: this.order });
  }

  /** The next thing due at or before `until` on this clock. */
  next(until: number, clock: string | null): { at: number; table: TableName; id: string } | null {
    const name = clock ?? '';
    const queue = this.queues.get(name);
    for (let first = queue?.peek(); first; first = queue?.peek()) {
      const key = `${first.table}/${first.id}`;
      const set = this.current.get(key);
      const holds = set?.at === first.at && set.clock === name;
      if (holds && first.at > until) return null;
      queue?.pop();
      if (!holds) continue;
      this.current.delete(key);
      return first;
    }
    return null;
  }

  clear(): void {
    this.queues.clear();
    this.current.clear();
  }
}
