/** Who asked what, and how many at once: what a test needs to see that a caller keeps to its turn. */

export interface Logged {
  at: string;
  path: string;
  country: string;
  number: string;
  requester: string | null;
  /** How many checks of this member state ran when it came, itself included. */
  at_once: number;
  /** `valid`, `invalid`, an error code, `html_503`; null while it runs, `left` when the caller did not wait. */
  answer: string | null;
  ms: number | null;
}

const KEPT = 2000;

export class Requests {
  private list: Logged[] = [];
  private counts = new Map<string, { count: number; running: number; most_at_once: number }>();
  private running = 0;
  private mostAtOnce = 0;
  private total = 0;

  /** Call what it gives back, once, when the answer is known. */
  begin(asked: Pick<Logged, 'at' | 'path' | 'country' | 'number' | 'requester'>) {
    const count = this.counts.get(asked.country) ?? { count: 0, running: 0, most_at_once: 0 };
    this.counts.set(asked.country, count);
    count.count += 1;
    count.running += 1;
    count.most_at_once = Math.max(count.most_at_once, count.running);
    this.total += 1;
    this.running += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.running);
    const logged: Logged = { ...asked, at_once: count.running, answer: null, ms: null };
    this.list.push(logged);
    if (this.list.length > KEPT) this.list.shift();
    const startedAt = Date.now();
    const end = (answer: string) => {
      if (logged.answer !== null) return;
      logged.answer = answer;
      logged.ms = Date.now() - startedAt;
      count.running -= 1;
      this.running -= 1;
    };
    return { end, atOnce: count.running, atOnceInAll: this.running };
  }

  told() {
    return {
      total: this.total,
      running: this.running,
      most_at_once: this.mostAtOnce,
      by_country: Object.fromEntries(this.counts),
      requests: this.list,
    };
  }

  /** What runs meanwhile is counted out of the old count. */
  forget(): void {
    this.list = [];
    this.counts = new Map();
    this.total = 0;
    this.mostAtOnce = this.running;
  }
}
