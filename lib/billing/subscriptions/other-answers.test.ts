import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { importSubscriptions } from '@/lib/billing/inbox/import';
import { reconcileStripe } from '@/lib/billing/inbox/reconcile';
import { applyPush, planPush } from '@/lib/billing/plans/push';
import { withPatience } from '@/lib/stripe/client';
import { OTHERWISE } from '@/testing/otherwise';
import { openStage, type Stage } from '@/testing/stage';
import { shopFor, verbsOf } from '@/testing/verbs';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

const compare = async (options: { merchantId?: string; living?: boolean; dryRun?: boolean }) =>
  reconcileStripe(stage.db, stage.stripe, {
    actor: { kind: 'job', id: 'test' },
    now: await stage.now(),
    livemode: false,
    ...options,
  });

// Only the names: the stage stands once the tests run.
describe('where Stripe answers otherwise than local Stripe does by itself', () => {
  beforeAll(() => stage.control('settings', OTHERWISE));
  test.each(Object.keys(verbsOf({} as Stage)))('%s works, and both sides agree', async (name) => {
    const asked = verbsOf(stage)[name];
    if (!asked) throw new Error(name);
    const shop = await shopFor(stage, asked);
    await asked.verb(stage.stripe, shop);
    const answers = await stage.deliverNew();
    expect(answers.filter((one) => one.status === 'failed')).toEqual([]);
    const { merchantId } = shop.account;
    expect((await compare({ merchantId, dryRun: true })).differences).toEqual([]);
  });
});

describe('with the rate limit of a sandbox on', () => {
  const limit = (rate: 'off' | 'sandbox') => stage.control('settings', { rate });
  const limited = async <T>(work: () => Promise<T>): Promise<T> => {
    await limit('sandbox');
    try {
      return await withPatience(60_000, work);
    } finally {
      await limit('off');
    }
  };

  test('a comparison of everybody, by lists and one by one, waits and goes on', async () => {
    for (let made = 0; made < 12; made++) await stage.subscriber('essential');
    const living = await limited(() => compare({ living: true }));
    const all = await limited(() => compare({}));
    for (const report of [living, all]) expect(report).toMatchObject({ failed: [], ambiguous: 0 });
    expect(all.merchants).toBeGreaterThan(12);
  }, 120_000);

  test('so do a push of the catalogue, an import, and a purchase', async () => {
    await stage.db.execute(
      'update tier_prices set unit_amount = unit_amount + 100 where archived_at is null',
    );
    const actor = { kind: 'system', id: 'test' } as const;
    const now = await stage.now();
    await limited(() => applyPush(stage.db, stage.stripe, actor, now));
    expect(await planPush(stage.db, stage.stripe)).toEqual([]);
    const rows = await limited(() =>
      importSubscriptions(stage.db, stage.stripe, { apply: false, actor, now }),
    );
    expect(new Set(rows.map((row) => row.outcome))).toContain('already_there');
    const shop = await stage.merchant();
    const { sessionId } = await limited(() => stage.checkout(shop));
    await stage.pay(sessionId);
    await stage.deliverNew();
    expect(await stage.current(shop)).toMatchObject({ status: 'active' });
  }, 120_000);
});
