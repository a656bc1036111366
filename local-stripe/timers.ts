/** What falls due when: a heap per clock. Entries that no longer hold are dropped when they come up. */
import type { TableName } from './types';

interface Timer {
  at: number;
  table: TableName;
  id: string;
  order: number;
}

export class Timers {
  private readonly heaps = new Map<string, Timer[]>();
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
    const heap = this.heaps.get(name) ?? [];
    this.heaps.set(name, heap);
    push(heap, { at, table, id, order: this.order });
  }

  /** The next thing due at or before `until` on this clock. */
  next(until: number, clock: string | null): { at: number; table: TableName; id: string } | null {
    const heap = this.heaps.get(clock ?? '');
    while (heap && heap.length > 0) {
      const first = heap[0] as Timer;
      const holds = this.current.get(`${first.table}/${first.id}`);
      if (!holds || holds.at !== first.at || holds.clock !== (clock ?? '')) {
        pop(heap);
        continue;
      }
      if (first.at > until) return null;
      pop(heap);
      this.current.delete(`${first.table}/${first.id}`);
      return first;
    }
    return null;
  }

  clear(): void {
    this.heaps.clear();
    this.current.clear();
  }
}

function before(a: Timer, b: Timer): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

function push(heap: Timer[], timer: Timer): void {
  heap.push(timer);
  let at = heap.length - 1;
  while (at > 0) {
    const up = (at - 1) >> 1;
    if (!before(heap[at] as Timer, heap[up] as Timer)) break;
    [heap[at], heap[up]] = [heap[up] as Timer, heap[at] as Timer];
    at = up;
  }
}

function pop(heap: Timer[]): void {
  const last = heap.pop() as Timer;
  if (heap.length === 0) return;
  heap[0] = last;
  let at = 0;
  for (;;) {
    let least = at;
    for (const child of [2 * at + 1, 2 * at + 2]) {
      if (child < heap.length && before(heap[child] as Timer, heap[least] as Timer)) least = child;
    }
    if (least === at) return;
    [heap[at], heap[least]] = [heap[least] as Timer, heap[at] as Timer];
    at = least;
  }
}
