import { listMovements } from '@/lib/billing/stats';
import { staffContext } from '../context';
import { csvResponse } from '../csv';
import { movementKinds, readPeriod } from '../period';
import { choosePlatform } from '../platform';

/** The movements of recurring revenue by month as a file, in minor units. */
export async function GET(request: Request): Promise<Response> {
  const [{ db }, { all }] = await Promise.all([staffContext(), choosePlatform(undefined)]);
  const { range } = await readPeriod(Object.fromEntries(new URL(request.url).searchParams), all);
  const months = await listMovements(db, range);
  return csvResponse(
    'mrr-movements',
    ['month', 'currency', ...movementKinds, 'closing'],
    months.map((row) => [row.month, row.currency, ...movementKinds.map((kind) => row[kind]), row.closing]),
  );
}
