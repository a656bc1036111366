import { listMovements } from '@/lib/billing/reports/movements';
import { listCohorts } from '@/lib/billing/reports/retention';
import { staffContext } from '../context';
import { csvResponse } from '../csv';
import { movementKinds, readPeriod } from '../period';
import { choosePlatform } from '../platform';

/** The movements of recurring revenue by month as a file, or with `what=retention` who stayed; amounts in minor units. */
export async function GET(request: Request): Promise<Response> {
  const [{ db }, { all }] = await Promise.all([staffContext(), choosePlatform(undefined)]);
  const query = Object.fromEntries(new URL(request.url).searchParams);
  const { range } = await readPeriod(query, all);
  if (query.what === 'retention') {
    const cohorts = await listCohorts(db, range);
    return csvResponse(
      'retention',
      ['first_paid', 'currency', 'months_on', 'began_accounts', 'accounts', 'began_mrr', 'mrr'],
      cohorts.flatMap(({ month, currency, started, months }) =>
        months.map((now, age) => [
          month,
          currency,
          age,
          started.accounts,
          now.accounts,
          started.mrr,
          now.mrr,
        ]),
      ),
    );
  }
  const months = await listMovements(db, range);
  return csvResponse(
    'mrr-movements',
    ['month', 'currency', ...movementKinds, 'closing'],
    months.map((row) => [row.month, row.currency, ...movementKinds.map((kind) => row[kind]), row.closing]),
  );
}
