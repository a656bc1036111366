import { addMonths } from '@/lib/time';
import { among, one, staffContext } from './context';

export const periods = ['3', '6', '12'] as const;
export const movementKinds = ['new', 'expansion', 'reactivation', 'contraction', 'churn'] as const;

type Query = Record<string, string | string[] | undefined>;

/**
 * The chosen period in whole months, this one included, the platform it is about, and where the period before it begins.
 * A senseless one is six months.
 */
export async function readPeriod(query: Query, platforms: { id: string; code: string }[]) {
  const { now } = await staffContext();
  const months = among(periods, query.months) ?? '6';
  const platform = platforms.find((row) => row.code === one(query.platform));
  const thisMonth = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1));
  const range = { from: addMonths(thisMonth, 1 - Number(months)), to: now, platformId: platform?.id };
  return { months, platform, range, before: addMonths(range.from, -Number(months)) };
}
