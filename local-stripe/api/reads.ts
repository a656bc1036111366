/**
 * Reads are not refused, they are counted: on average 500 per transaction, at least 10,000 a month (stripe.md 50, D4).
 * https://docs.stripe.com/rate-limits (API read request allocations)
 */
import type { Found } from '../http/router';

export class Reads {
  private counts = new Map<string, number>();

  count({ method, pattern }: Found): void {
    if (method !== 'GET') return;
    const kind = `${method} ${pattern}`;
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
  }

  shown(): { total: number; by: Record<string, number> } {
    const by = Object.fromEntries([...this.counts].sort(([a], [b]) => a.localeCompare(b)));
    return { total: [...this.counts.values()].reduce((sum, one) => sum + one, 0), by };
  }

  reset(): void {
    this.counts = new Map();
  }
}
