import { eq } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { settings } from '@/db/schema';
import { isLocalStripe } from './env';

export const DAY_MS = 86_400_000;

/** Adds days of 24 hours. */
export const addDays = (at: Date, days: number) => new Date(at.getTime() + days * DAY_MS);

/** Stripe's unix seconds. */
export const fromUnix = (seconds: number) => new Date(seconds * 1000);
export const toUnix = (at: Date) => Math.floor(at.getTime() / 1000);

const CLOCK = 'local_clock_offset_ms';

/**
 * Business time: periods, trials, grace, overrides, jobs. Real time, except with local Stripe, whose clock it follows
 * (one primary-key read). Sessions, keys, rate limits and signatures use real time.
 */
export async function businessNow(db: Db): Promise<Date> {
  if (!isLocalStripe()) return new Date();
  return new Date(Date.now() + (await readClockOffset(db)));
}

/** How far business time is ahead of real time, in milliseconds: with local Stripe only. */
export async function readClockOffset(db: Db): Promise<number> {
  const [row] = await db.select({ value: settings.value }).from(settings).where(eq(settings.name, CLOCK));
  return typeof row?.value === 'number' ? row.value : 0;
}

/** Keeps local Stripe's offset. Idempotent. Only the clock route and the seed call it. */
export async function setClockOffset(db: Db, offsetMs: number): Promise<void> {
  await db
    .insert(settings)
    .values({ name: CLOCK, value: offsetMs })
    .onConflictDoUpdate({ target: settings.name, set: { value: offsetMs, updatedAt: new Date() } });
}

/**
 * The `n`th monthly anniversary of an anchor, in UTC, the day cut to the month's end (Jan 31 → Feb 28 → Mar 31).
 * Source: docs.stripe.com/billing/subscriptions/billing-cycle.
 */
export function addMonths(anchor: Date, months: number): Date {
  const result = new Date(anchor);
  result.setUTCDate(1);
  result.setUTCMonth(result.getUTCMonth() + months);
  const lastDay = new Date(Date.UTC(result.getUTCFullYear(), result.getUTCMonth() + 1, 0)).getUTCDate();
  result.setUTCDate(Math.min(anchor.getUTCDate(), lastDay));
  return result;
}

/** The month counted from `anchor` in which `now` lies: start ≤ now < end, also before the anchor. */
export function anchoredMonth(anchor: Date, now: Date): { start: Date; end: Date } {
  let months =
    (now.getUTCFullYear() - anchor.getUTCFullYear()) * 12 + now.getUTCMonth() - anchor.getUTCMonth();
  if (addMonths(anchor, months) > now) months--;
  return { start: addMonths(anchor, months), end: addMonths(anchor, months + 1) };
}
