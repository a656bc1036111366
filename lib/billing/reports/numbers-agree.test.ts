import { sql } from 'drizzle-orm';
import type Stripe from 'stripe';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LOYALTY } from '@/db/make';
import { tierPrices } from '@/db/schema';
import { reconcileStripe } from '@/lib/billing/inbox/reconcile';
import { applyPush } from '@/lib/billing/plans/push';
import { countSubscribers } from '@/lib/billing/plans/tiers';
import { LIVE } from '@/lib/billing/statuses';
import { addDays, addMonths } from '@/lib/time';
import {
  monthlyRevenue,
  owedAtStripe,
  readStripe,
  readWholeList,
  revenueAtStripe,
  type Sums,
  statusesAtStripe,
  sumUp,
} from '@/testing/books';
import { makeDice } from '@/testing/random';
import { openStage, type Stage } from '@/testing/stage';
import { type Hero, steps } from '@/testing/steps';
import { isRefusal, runQueue } from '@/testing/stories';
import { listMovements } from './movements';
import { getStats } from './stats';

const seed = Number(process.env.BOOKS_SEED ?? 1);
const [merchants, months] = process.env.SOAK ? [80, 14] : [10, 3];
const START = new Date('2027-01-04T09:00:00Z');
const JOB = { kind: 'job' as const, id: 'test' };

const dice = makeDice(seed);
let stage: Stage;
const heroes: (Hero & { currency: 'eur' | 'usd' })[] = [];
beforeAll(async () => {
  stage = await openStage({ at: START });
  const { db, stripe } = stage;
  for (const [tier, unitAmount] of [
    ['essential', 5499],
    ['professional', 11_111],
  ] as const) {
    for (const interval of ['month', 'year'] as const) {
      const amount = interval === 'year' ? unitAmount * 10 + 5 : unitAmount;
      const row = { tierId: `tier_market_${tier}`, currency: 'USD', interval, unitAmount: amount };
      await db.insert(tierPrices).values({ id: `tpr_${tier}_${interval}_usd`, ...row });
    }
  }
  await applyPush(db, stripe, JOB, START);
  // From another system: a plan by the week, and one by the quarter.
  const product = await stripe.products.create({ name: 'Before Tierline' });
  for (const [interval, interval_count, unit_amount] of [
    ['week', 1, 1199],
    ['month', 3, 13_001],
  ] as const) {
    const recurring = { interval, interval_count };
    const price = await stripe.prices.create({
      product: product.id,
      currency: 'eur',
      unit_amount,
      recurring,
      lookup_key: `market:old_${interval}:month:eur`,
    });
    await db.insert(tierPrices).values({
      id: `tpr_old_${interval}`,
      tierId: 'tier_market_essential',
      currency: 'EUR',
      interval: 'month',
      unitAmount: unit_amount,
      stripePriceId: price.id,
      archivedAt: START,
    });
  }
});
afterAll(() => stage?.close());

/** What happens to a merchant, mostly at Stripe, in either currency; and what owners do, from the stories. */
const happenings: Record<string, (hero: (typeof heroes)[number]) => Promise<unknown>> = {
  ...Object.fromEntries(
    ['change', 'undo', 'cancel', 'reactivate', 'portalCancel', 'dashboardCancel'].map((name) => [
      name,
      (hero: Hero) => steps[name]?.(hero) ?? Promise.resolve(),
    ]),
  ),
  ...Object.fromEntries(
    ['endAddOn', 'card', 'payUp', 'pauseCollection'].map((name) => [
      name,
      (hero: Hero) => steps[name]?.(hero) ?? Promise.resolve(),
    ]),
  ),
  addOn: (hero) => inEuros(hero, 'addOn'),
  addOnItem: (hero) => inEuros(hero, 'addOnItem'),
  subscribe: (hero) =>
    subscribe(hero, dice.pick(['essential', 'professional']), dice.pick(['month', 'year'])),
  async upgrade(hero) {
    const one = await planOf(hero);
    const item = one?.items.data[0]?.id;
    const price = await priceOf(hero, 'professional', dice.pick(['month', 'year']));
    if (one && item) await stage.stripe.subscriptions.update(one.id, { items: [{ id: item, price }] });
  },
  async quantity(hero) {
    const one = await planOf(hero);
    const item = one?.items.data[0]?.id;
    if (one && item)
      await stage.stripe.subscriptions.update(one.id, { items: [{ id: item, quantity: 1 + dice.below(4) }] });
  },
  discount: (hero) => discount(hero, 1),
  discounts: (hero) => discount(hero, 2),
  async noDiscount(hero) {
    const one = await planOf(hero);
    if (one) await stage.stripe.subscriptions.update(one.id, { discounts: '' });
  },
  async failing({ customer }) {
    await stage.card(customer, 'pm_card_chargeCustomerFail');
  },
  async writeOff({ customer }) {
    const [bill] = (await stage.stripe.invoices.list({ customer, status: 'open' })).data;
    if (bill?.id) await stage.stripe.invoices.markUncollectible(bill.id);
  },
};

/** Stripe lets a customer pay in one currency at a time, and add-ons are in euros. */
const inEuros = async (hero: (typeof heroes)[number], name: string) =>
  hero.currency === 'eur' ? steps[name]?.(hero) : undefined;

async function planOf({ customer }: Hero): Promise<Stripe.Subscription | undefined> {
  const { data } = await stage.stripe.subscriptions.list({ customer });
  return data.find((one) => one.metadata.kind === 'plan' && one.metadata.platform !== LOYALTY);
}

async function priceOf({ currency }: { currency: string }, tier: string, interval: string): Promise<string> {
  const key = `market:${tier}:${interval}:${currency}`;
  const [price] = (await stage.stripe.prices.list({ lookup_keys: [key] })).data;
  if (!price) throw new Error(`no price ${key}`);
  return price.id;
}

async function subscribe(
  hero: (typeof heroes)[number],
  tier: string,
  interval: string,
  platform?: { id: string; code: string },
): Promise<void> {
  if (!platform && (await planOf(hero))) return;
  const account = { ...hero.shop.account, ...(platform ? { platformId: platform.id } : {}) };
  const price = platform
    ? (await stage.stripe.prices.list({ lookup_keys: [`${platform.code}:${tier}:${interval}:eur`] })).data[0]
        ?.id
    : await priceOf(hero, tier, interval);
  await stage.stripe.subscriptions.create({
    customer: hero.customer,
    items: [{ price: price ?? '' }],
    metadata: stage.marks(account, tier),
    ...(dice.chance(0.25) ? { trial_period_days: 3 + dice.below(40) } : {}),
  });
}

async function discount(hero: (typeof heroes)[number], count: number): Promise<void> {
  const one = await planOf(hero);
  if (!one) return;
  const discounts: { coupon: string }[] = [];
  for (let i = 0; i < count; i++) {
    const duration = dice.pick(['once', 'repeating', 'forever'] as const);
    const { id } = await stage.stripe.coupons.create({
      duration,
      ...(duration === 'repeating' ? { duration_in_months: 1 + dice.below(3) } : {}),
      ...(dice.chance(0.5)
        ? { percent_off: dice.pick([12.5, 33.33, 50, 100]) }
        : { amount_off: dice.pick([333, 1000, 7777]), currency: hero.currency }),
    });
    discounts.push({ coupon: id });
  }
  await stage.stripe.subscriptions.update(one.id, { discounts });
}

async function enter(index: number): Promise<void> {
  const shop = await stage.merchant(index % 3 === 0 ? { trialDays: 200 } : {});
  const customer = await stage.customer(shop.account);
  const currency = index % 4 === 3 ? 'usd' : 'eur';
  const hero = { stage, dice, shop, customer, log: [], delayed: [], currency } as (typeof heroes)[number];
  heroes.push(hero);
  if (index % 7 === 6) return;
  if (index % 7 === 1) await subscribe(hero, dice.pick(['old_week', 'old_month']), 'month').catch(stayOut);
  else await subscribe(hero, dice.pick(['essential', 'professional']), dice.pick(['month', 'month', 'year']));
  if (index % 5 === 0 && currency === 'eur')
    await subscribe(hero, 'plus', 'month', { id: LOYALTY, code: 'loyalty' });
}

/** The old prices are in euros alone. */
const stayOut = (error: unknown) => {
  if (!String(error).includes('no price')) throw error;
};

async function happen(hero: (typeof heroes)[number], name: string): Promise<void> {
  try {
    await happenings[name]?.(hero);
    hero.log.push(name);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    hero.log.push(`(${name})`);
  }
}

/** What rang is taken in, in order, and what was queued for it done, until nothing more comes. */
async function takeIn(): Promise<void> {
  for (let answers = await stage.deliverNew(); answers.length > 0; answers = await stage.deliverNew()) {
    expect(answers.filter((one) => one.status === 'failed')).toEqual([]);
    for (const hero of heroes) await runQueue(hero);
  }
}

/** Reaches a moment in steps, as the webhooks of each come. */
async function live(to: Date): Promise<void> {
  for (let at = addDays(await stage.now(), 9); at < to; at = addDays(at, 9)) {
    await stage.advanceTo(at);
    await takeIn();
  }
  await stage.advanceTo(to);
  await takeIn();
  await compareHourly();
}

/** Stripe tells nobody that a discount has run out, which it may in the very seconds of a test: this job sees it. */
async function compareHourly(): Promise<void> {
  await reconcileStripe(stage.db, stage.stripe, { now: await stage.now(), actor: JOB, livemode: false });
}

async function compareAll(): Promise<Sums> {
  const now = await stage.now();
  const [stats, theirs, list] = await Promise.all([
    getStats(stage.db, now),
    readStripe(stage),
    readWholeList(stage),
  ]);
  const mrr = sumUp(stats.mrr);
  expect(mrr, 'the overview and Stripe').toEqual(revenueAtStripe(theirs, now));
  expect(sumUp(list.map((row) => ({ currency: row.currency, amount: row.mrrCents }))), 'the list').toEqual(
    mrr,
  );
  expect(sumUp([...stats.byTier.flatMap((tier) => tier.mrr), ...stats.addOns]), 'the plan mix').toEqual(mrr);
  expect(sumUp(stats.arr)).toEqual(sumUp(stats.mrr.map((one) => ({ ...one, amount: one.amount * 12 }))));
  expect(sumUp(stats.atRisk), 'what is at risk').toEqual(owedAtStripe(theirs));

  expect(stats.total).toBe(list.length);
  expect(stats.byTier.reduce((sum, tier) => sum + tier.count, 0)).toBe(stats.total);
  const running = list.filter((row) => LIVE.includes(row.status));
  expect(
    Object.fromEntries(stats.byTier.flatMap((tier) => (tier.running ? [[tier.code, tier.running]] : []))),
  ).toEqual(countBy(running.map((row) => row.tierCode)));
  const subscribers = await countSubscribers(
    stage.db,
    stats.byTier.map((tier) => tier.id),
  );
  expect([...subscribers.values()].reduce((sum, count) => sum + count, 0)).toBe(running.length);
  const atStripe = list.filter((row) => !row.isLocal);
  expect(countBy(atStripe.map((row) => row.status)), 'how many in each status').toEqual(
    statusesAtStripe(theirs),
  );
  const local = countBy(list.filter((row) => row.isLocal).map((row) => row.status));
  const both = countBy(list.map((row) => row.status));
  expect(stats.byStatus).toEqual(both);
  expect(stats.trialing).toBe((local.trialing ?? 0) + (statusesAtStripe(theirs).trialing ?? 0));
  expect(stats.pastDue).toBe(statusesAtStripe(theirs).past_due ?? 0);

  const platforms = await stage.db.execute<{ id: string }>(sql`select id from platforms`);
  const apart = await Promise.all(platforms.map(({ id }) => getStats(stage.db, now, id)));
  expect(sumUp(apart.flatMap((one) => one.mrr)), 'the platforms together').toEqual(mrr);
  return mrr;
}

function countBy(words: string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}

test(`${merchants} merchants, ${months} months: overview, list, movements and Stripe agree to the cent`, async () => {
  const closings = new Map<string, Sums>();
  try {
    for (let index = 0; index < merchants; index++) await enter(index);
    await takeIn();
    for (let month = 0; month < months; month++) {
      const first = addMonths(new Date('2027-01-01T00:00:00Z'), month);
      for (const hero of heroes) {
        for (let i = 0; i < 2; i++) await happen(hero, dice.pick(Object.keys(happenings)));
      }
      await takeIn();
      await compareHourly();
      await compareAll();
      // A minute before midnight: what is fetched now is of this month too.
      await live(new Date(addMonths(first, 1).getTime() - 60_000));
      closings.set(first.toISOString().slice(0, 10), await compareAll());
      await live(addDays(addMonths(first, 1), dice.below(9)));
    }
    const running = await stage.now();
    closings.set(`${running.toISOString().slice(0, 7)}-01`, await compareAll());
    await checkMovements(closings);
    await checkChurn();
  } catch (error) {
    const told = heroes.map((hero) => `${hero.shop.account.merchantId}: ${hero.log.join(' → ')}`).join('\n');
    throw new Error(`BOOKS_SEED=${seed} tells it again:\n${told}`, { cause: error });
  }
}, 3_600_000);

async function checkMovements(closings: Map<string, Sums>): Promise<void> {
  const rows = await listMovements(stage.db, { from: addMonths(START, -1), to: await stage.now() });
  for (const currency of ['EUR', 'USD']) {
    let opening = 0;
    for (const row of rows.filter((one) => one.currency === currency)) {
      const moved = row.new + row.expansion + row.contraction + row.churn + row.reactivation;
      expect(opening + moved, `${currency} ${row.month}: opening + movements`).toBe(row.closing);
      expect(row.closing, `${currency} ${row.month}: as it stood then`).toBe(
        closings.get(row.month)?.[currency] ?? 0,
      );
      expect(Math.min(row.new, row.expansion, row.reactivation)).toBeGreaterThanOrEqual(0);
      expect(Math.max(row.contraction, row.churn)).toBeLessThanOrEqual(0);
      opening = row.closing;
    }
    expect(
      rows.some((row) => row.currency === currency && row.closing > 0),
      `some revenue in ${currency}`,
    ).toBe(true);
  }
  // That all of it happened is true of the seed of every run.
  if (process.env.BOOKS_SEED) return;
  const kinds = ['new', 'expansion', 'contraction', 'churn', 'reactivation'] as const;
  for (const kind of kinds)
    expect(
      rows.some((row) => row[kind] !== 0),
      kind,
    ).toBe(true);
}

/** Thirty days of nothing but time and three that leave. */
async function checkChurn(): Promise<void> {
  const payers = async () => {
    const now = await stage.now();
    const { subscriptions } = await readStripe(stage);
    const paying = subscriptions.filter((one) => monthlyRevenue(one, now) > 0);
    return new Set(paying.map((one) => `${one.metadata.merchant} ${one.metadata.platform}`));
  };
  const start = await stage.now();
  const before = await payers();
  for (const hero of heroes.slice(0, 5)) await happen(hero, 'dashboardCancel');
  // A minute short: the clock runs on meanwhile, and those who leave now must not have left thirty days ago.
  await live(new Date(addDays(start, 30).getTime() - 60_000));
  const after = await payers();
  const left = [...before].filter((account) => !after.has(account)).length;
  const { churnRate30d } = await getStats(stage.db, await stage.now());
  expect(left).toBeGreaterThan(0);
  expect(churnRate30d).toBeCloseTo(left / before.size, 10);
}
