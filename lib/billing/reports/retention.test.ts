import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LOYALTY, MARKET, makeCatalogue } from '@/db/make';
import { merchants, mrrMovements } from '@/db/schema';
import { testDatabase } from '@/db/testing';
import { listMovements } from './movements';
import { listCohorts } from './retention';

let database: Awaited<ReturnType<typeof testDatabase>>;
beforeAll(async () => {
  database = await testDatabase();
  await makeCatalogue(database.db);
  await database.db
    .insert(merchants)
    .values(people.map((id) => ({ id, name: id, email: `${id}@shop.test`, country: 'LU' })));
});
afterAll(() => database.close());

const people = ['ann', 'ben', 'cleo', 'dan', 'eve'];
const YEAR = { from: new Date('2026-01-01T00:00:00Z'), to: new Date('2026-06-20T12:00:00Z') };

type Step = { merchant: string; platform: string; currency: string; at: Date; after: number };

/** Writes what an account pays from each moment on, as the movements that the mirror would have written. */
async function live(steps: Step[]): Promise<void> {
  await database.db.delete(mrrMovements);
  const pays = new Map<string, number>();
  const rows = [...steps]
    .sort((a, b) => a.at.getTime() - b.at.getTime())
    .flatMap((step, index) => {
      const key = `${step.merchant} ${step.platform} ${step.currency}`;
      const before = pays.get(key);
      const delta = step.after - (before ?? 0);
      if (delta === 0) return [];
      pays.set(key, step.after);
      const grown = delta > 0 ? ('expansion' as const) : ('contraction' as const);
      const begun = before === undefined ? ('new' as const) : ('reactivation' as const);
      const kind = !before ? begun : step.after === 0 ? ('churn' as const) : grown;
      return {
        id: `mov_${index}`,
        merchantId: step.merchant,
        platformId: step.platform,
        currency: step.currency,
        kind,
        delta,
        after: step.after,
        at: step.at,
      };
    });
  if (rows.length > 0) await database.db.insert(mrrMovements).values(rows);
}

const day = (text: string) => new Date(`${text}T10:00:00Z`);
const step = (merchant: string, at: string, after: number): Step => ({
  merchant,
  platform: MARKET,
  currency: 'EUR',
  at: day(at),
  after,
});

test('a cohort is who first paid in a month; who left is gone, who came back counts again', async () => {
  await live([
    step('ann', '2026-01-05', 4900),
    step('ben', '2026-01-31', 9900),
    step('ann', '2026-03-05', 0),
    step('ben', '2026-03-06', 19_900),
    step('ann', '2026-05-01', 4900),
    step('cleo', '2026-05-31', 4900),
  ]);
  expect(await listCohorts(database.db, YEAR)).toEqual([
    {
      month: '2026-01-01',
      currency: 'EUR',
      started: { accounts: 2, mrr: 14_800 },
      months: [
        { accounts: 2, mrr: 14_800 },
        { accounts: 2, mrr: 14_800 },
        { accounts: 1, mrr: 19_900 },
        { accounts: 1, mrr: 19_900 },
        { accounts: 2, mrr: 24_800 },
        { accounts: 2, mrr: 24_800 },
      ],
    },
    {
      month: '2026-05-01',
      currency: 'EUR',
      started: { accounts: 1, mrr: 4900 },
      months: [
        { accounts: 1, mrr: 4900 },
        { accounts: 1, mrr: 4900 },
      ],
    },
  ]);
});

test('who left in the month they came began all the same', async () => {
  await live([
    step('ann', '2026-06-01', 4900),
    step('ben', '2026-06-02', 9900),
    step('ann', '2026-06-09', 0),
  ]);
  expect(await listCohorts(database.db, YEAR)).toMatchObject([
    { started: { accounts: 2, mrr: 14_800 }, months: [{ accounts: 1, mrr: 9900 }] },
  ]);
});

test('a period shows the cohorts that began in it; nobody is an empty list', async () => {
  await live([step('ann', '2025-12-31', 4900), step('ben', '2026-02-01', 9900)]);
  const cohorts = await listCohorts(database.db, YEAR);
  expect(cohorts.map((cohort) => cohort.month)).toEqual(['2026-02-01']);
  await live([]);
  expect(await listCohorts(database.db, YEAR)).toEqual([]);
});

const anyStep = fc.record({
  merchant: fc.constantFrom(...people),
  platform: fc.constantFrom(MARKET, LOYALTY),
  currency: fc.constantFrom('EUR', 'USD'),
  at: fc.date({
    min: new Date('2026-01-01T00:00:00Z'),
    max: new Date('2026-06-20T00:00:00Z'),
    noInvalidDate: true,
  }),
  after: fc.constantFrom(0, 0, 2900, 4900, 9900),
});

test('any history: the cohorts of a month add up to its recurring revenue and its paying accounts', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(anyStep, { selector: (one) => one.at.getTime(), maxLength: 40 }),
      fc.option(fc.constantFrom(MARKET, LOYALTY), { nil: undefined }),
      async (steps, platformId) => {
        await live(steps);
        const range = { ...YEAR, platformId };
        const [cohorts, movements] = await Promise.all([
          listCohorts(database.db, range),
          listMovements(database.db, range),
        ]);
        const mine = steps.filter((one) => !platformId || one.platform === platformId);
        for (const month of movements) {
          const of = cohorts.filter((cohort) => cohort.currency === month.currency);
          const now = of.flatMap((cohort) => {
            const age = Number(month.month.slice(5, 7)) - Number(cohort.month.slice(5, 7));
            return age < 0 ? [] : (cohort.months[age] ?? []);
          });
          expect(now.reduce((sum, one) => sum + one.mrr, 0)).toBe(month.closing);
          const last = new Map<string, number>();
          for (const one of [...mine].sort((a, b) => a.at.getTime() - b.at.getTime())) {
            if (one.currency !== month.currency || one.at.toISOString().slice(0, 7) > month.month.slice(0, 7))
              continue;
            last.set(`${one.merchant} ${one.platform}`, one.after);
          }
          const paying = [...last.values()].filter((after) => after > 0).length;
          expect(now.reduce((sum, one) => sum + one.accounts, 0)).toBe(paying);
        }
      },
    ),
    { numRuns: 40, seed: 20_261_121 },
  );
});
