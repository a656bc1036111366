import { sql } from 'drizzle-orm';
import { MARKET } from '@/db/make';
import { expireTrials } from '@/lib/billing/account/trial-end';
import { getEntitlements } from '@/lib/billing/entitlements/entitlement-facts';
import { receiveEvent } from '@/lib/billing/inbox/receive';
import { getBillingOverview } from '@/lib/billing/reports/overview';
import { getStats } from '@/lib/billing/reports/stats';
import { listSubscriptions, subscriptionSorts } from '@/lib/billing/reports/subscription-list';
import { createProduct } from '@/lib/catalog/products';
import { features } from '@/lib/features';
import { liftLimits } from './consume';
import { type BenchDb, makeBenchDb, place } from './data';
import { eventMaker } from './events';
import { interleave, p50, seconds } from './measure';
import { type Row, ratioRow, valueRow } from './row';

const SMALL = 1000;
const ROUNDS = 5;
const RUNS = 150;

type Report = { add: (row: Row) => void; tell: (line: string) => void };
type Sized = BenchDb & { merchants: number };
/** One run on a database of some size; `turn` counts up over all runs. */
type Work = (bench: Sized, turn: number) => Promise<unknown>;

/** The rows that ask whether what is quick with a thousand merchants stays quick with very many. Verbs, without HTTP. */
export async function measureScale(
  serverUrl: string,
  largest: number,
  wanted: Set<string>,
  { add, tell }: Report,
): Promise<void> {
  const open = async (merchants: number): Promise<Sized> => {
    tell(`making ${merchants.toLocaleString('en')} merchants`);
    const bench = await makeBenchDb(serverUrl, `scale_${merchants}`, merchants);
    await liftLimits(bench);
    return { ...bench, merchants };
  };
  const [small, middle, large] = [await open(SMALL), await open(largest / 10), await open(largest)];
  try {
    for (const [name, work] of Object.entries(perMerchant)) {
      if (!wanted.has(name)) continue;
      add(ratioRow(name, 'ms', await compare(small, large, work), '<=', 1.3));
    }
    if (wanted.has('scale_admin_list')) for (const row of await listRows(small, large)) add(row);
    if (wanted.has('stats')) {
      const [few, many] = [await statsSeconds(middle), await statsSeconds(large)];
      add(valueRow('stats', 's', many, 60, few));
    }
    if (wanted.has('jobs_trials')) {
      const [few, many] = [await trialsSeconds(middle), await trialsSeconds(large)];
      add(valueRow('jobs_trials', 's', many, 60, few));
    }
  } finally {
    for (const bench of [small, middle, large]) await bench.close();
  }
}

/** Merchants far apart, so that no page in memory serves twice more often than it must; paying ones only. */
const someone = ({ merchants }: Sized, turn: number) => {
  const number = ((turn * 7919) % merchants) + 1;
  return place(number % 100 === 0 ? number - 1 : number);
};

const nextEvent = new Map<string, () => string>();

const perMerchant: Record<string, Work> = {
  scale_consume: (bench, turn) =>
    createProduct(
      bench.db,
      someone(bench, turn),
      { sku: `scale-${turn}`, name: 'A product', currency: 'EUR', unitAmount: 1999 },
      { now: new Date() },
    ),
  scale_webhook: async (bench) => {
    const make = nextEvent.get(bench.url) ?? eventMaker('scale', bench.merchants);
    nextEvent.set(bench.url, make);
    const { status } = await receiveEvent(
      bench.db,
      { stripe: null, livemode: false, now: new Date() },
      make(),
    );
    if (status !== 'processed') throw new Error(`an event was ${status}`);
  },
  scale_entitlements: (bench, turn) => getEntitlements(bench.db, someone(bench, turn), features, new Date()),
  scale_billing_page: (bench, turn) =>
    getBillingOverview(bench.db, someone(bench, turn), new Date(), { invoices: 6, ledger: 0 }),
};

function compare(small: Sized, large: Sized, work: Work, runs = RUNS) {
  const slice = (bench: Sized) => {
    let turn = 0;
    return () => p50(runs, () => work(bench, ++turn));
  };
  return interleave(slice(large), slice(small), ROUNDS);
}

/**
 * The admin list with a word that names one merchant, with one that names many, and with none, in each order. Two rows of
 * the slowest of them: in proportion, and in milliseconds. A third of the list of those who are over a limit.
 */
async function listRows(small: Sized, large: Sized): Promise<Row[]> {
  const searches: ((turn: number) => string | undefined)[] = [
    () => undefined,
    (turn) => `billing${(turn % SMALL) + 1}@bench`,
    () => 'merchant a',
  ];
  const measured = [];
  for (const sort of subscriptionSorts) {
    for (const search of searches) {
      const list: Work = ({ db }, turn) =>
        listSubscriptions(
          db,
          { platformId: MARKET, sort, search: search(turn), limit: 50 },
          { features, now: new Date() },
        );
      measured.push(await compare(small, large, list, 15));
    }
  }
  const over = [];
  for (const sort of subscriptionSorts) {
    const list: Work = ({ db }) =>
      listSubscriptions(
        db,
        { platformId: MARKET, sort, state: 'over_limit', limit: 50 },
        { features, now: new Date() },
      );
    over.push(await compare(small, large, list, 15));
  }
  const slowestOver = over.toSorted((a, b) => b.value - a.value)[0];
  const byRatio = measured.toSorted((a, b) => b.ratio - a.ratio)[0];
  const slowest = measured.toSorted((a, b) => b.value - a.value)[0];
  if (!byRatio || !slowest || !slowestOver) return [];
  return [
    ratioRow('scale_admin_list', 'ms', byRatio, '<=', 1.3),
    valueRow('scale_admin_list_ms', 'ms', slowest.value, 100, slowest.baseline),
    valueRow('scale_admin_over_ms', 'ms', slowestOver.value, 100, slowestOver.baseline),
  ];
}

/** The figures of the console's front page, over all platforms. */
const statsSeconds = ({ db }: Sized) => seconds(() => getStats(db, new Date()));

/** Ends the trials that ran out: one merchant in a hundred. The queue's rows are thrown away: nobody sends these e-mails. */
async function trialsSeconds({ db, merchants }: Sized): Promise<number> {
  let expired = 0;
  const took = await seconds(async () => {
    ({ expired } = await expireTrials(db, new Date()));
  });
  if (expired !== merchants / 100) throw new Error(`${expired} trials ended of ${merchants / 100}`);
  await db.execute(sql`select graphile_worker.complete_jobs(array(select id from graphile_worker.jobs))`);
  return took;
}
