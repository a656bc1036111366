/**
 * Business time = real time + offset, in whole seconds like Stripe's `created`. While the engine does something that
 * fell due at an instant, the clock stands still at that instant.
 */
export class Clock {
  private held: number | null = null;
  offsetMs = 0;

  now(): number {
    return this.held ?? this.running();
  }

  /** The main clock, whatever the engine is holding. */
  running(): number {
    return Math.floor((Date.now() + this.offsetMs) / 1000);
  }

  at<T>(instant: number, work: () => T): T {
    const before = this.held;
    this.held = instant;
    try {
      return work();
    } finally {
      this.held = before;
    }
  }

  set(instant: number): void {
    this.offsetMs = instant * 1000 - Date.now();
  }
}

export const HOUR = 3600;
export const DAY = 24 * HOUR;

/**
 * The nth period boundary after the anchor. Month ends keep the anchor's day: Jan 31 → Feb 28 → Mar 31 (stripe.md 23).
 */
export function addIntervals(anchor: number, interval: string, count: number): number {
  if (interval === 'day') return anchor + count * DAY;
  if (interval === 'week') return anchor + count * 7 * DAY;
  const months = interval === 'year' ? count * 12 : count;
  const from = new Date(anchor * 1000);
  const month = from.getUTCMonth() + months;
  const lastDay = new Date(Date.UTC(from.getUTCFullYear(), month + 1, 0)).getUTCDate();
  return Math.floor(
    Date.UTC(
      from.getUTCFullYear(),
      month,
      Math.min(from.getUTCDate(), lastDay),
      from.getUTCHours(),
      from.getUTCMinutes(),
      from.getUTCSeconds(),
    ) / 1000,
  );
}

/** The first boundary of the anchor's grid strictly after `after`. */
export function nextBoundary(anchor: number, interval: string, count: number, after: number): number {
  return periodAround(anchor, interval, count, after).end;
}

/** The period of the anchor's grid that an instant lies in. https://docs.stripe.com/billing/subscriptions/billing-cycle */
export function periodAround(
  anchor: number,
  interval: string,
  count: number,
  at: number,
): { start: number; end: number } {
  const unit =
    interval === 'day'
      ? DAY
      : interval === 'week'
        ? 7 * DAY
        : interval === 'month'
          ? 30.436875 * DAY
          : 365.2425 * DAY;
  let n = Math.floor((at - anchor) / (unit * count)) - 1;
  let end = addIntervals(anchor, interval, n * count);
  while (end <= at) {
    n += 1;
    end = addIntervals(anchor, interval, n * count);
  }
  return { start: addIntervals(anchor, interval, (n - 1) * count), end };
}

export function formatDay(instant: number): string {
  return new Intl.DateTimeFormat('en-GB', {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    timeZone: 'UTC',
  }).format(instant * 1000);
}
