import { and, eq, isNull, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LOYALTY, MARKET } from '@/db/make';
import {
  addOns,
  auditLog,
  creditPackages,
  platforms,
  subscriptions,
  tierLimits,
  tierPrices,
  tiers,
} from '@/db/schema';
import { changeTier } from '@/lib/billing/subscriptions/change';
import { startCreditCheckout } from '@/lib/billing/subscriptions/credit-checkout';
import { DomainError, ValidationFailed } from '@/lib/errors';
import { features } from '@/lib/features';
import { makeAccount } from '@/testing/accounts';
import { openStage, type Stage } from '@/testing/stage';
import { addOnInput, creditPackageInput } from './extra-input';
import { deleteExtra, saveExtra } from './extras-edit';
import { listBoughtExtras, listUsedTiers } from './in-use';
import { applyPush } from './push';
import { deleteTier } from './tier-delete';
import { createTier, updateTier } from './tier-edit';
import { newTierInput, tierPatch } from './tier-input';
import { saveAsSuccessor, successorInput } from './tier-successor';
import { getTier } from './tiers';

let stage: Stage;
const actor = { kind: 'user' as const, id: 'usr_admin' };
const by = { actor, now: new Date() };

beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

const make = (code: string, more: object = {}) =>
  createTier(stage.db, MARKET, newTierInput.parse({ code, name: code, ...more }), by);
const change = (code: string, patch: object) =>
  updateTier(stage.db, MARKET, code, tierPatch.parse(patch), by);

async function refusal(work: Promise<unknown>): Promise<DomainError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof DomainError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}
const fieldsOf = (error: DomainError) =>
  error instanceof ValidationFailed ? error.fields.map((one) => `${one.path} ${one.rule}`) : [error.code];

describe('prices of a tier', () => {
  const eur = { currency: 'EUR', interval: 'month', unitAmount: 900 } as const;

  test.each([
    ['a currency that is none', [{ ...eur, currency: 'XYZ' }], 'prices[0].currency unknown_currency'],
    ['the same twice', [eur, { ...eur, unitAmount: 800 }], 'prices[1].currency repeated'],
    [
      'a third decimal that Stripe does not charge',
      [{ ...eur, currency: 'KWD', unitAmount: 1234 }],
      'prices[0].unitAmount amount',
    ],
    [
      'one Stripe price for two',
      [
        { ...eur, stripePriceId: 'price_1' },
        { ...eur, interval: 'year', stripePriceId: 'price_1' },
      ],
      'prices[1].stripePriceId stripe_id_taken',
    ],
  ])('%s is refused at its row, and nothing is saved', async (_what, prices, problem) => {
    await make(`bad-${problem.length}-${prices.length}`, { prices: [eur] });
    const before = await snapshot();
    const code = `bad-${problem.length}-${prices.length}`;
    expect(fieldsOf(await refusal(change(code, { name: 'New', prices })))).toEqual([problem]);
    expect(fieldsOf(await refusal(make('never', { prices })))).toEqual([problem]);
    expect(await snapshot()).toEqual(before);
  });

  test('a Stripe price or product of something else is refused', async () => {
    const taken = (await getTier(stage.db, MARKET, 'essential')).prices[0]?.stripePriceId ?? '';
    const [addOn] = await stage.db.select().from(addOns).where(eq(addOns.code, 'email_5'));
    await make('thief');
    const before = await snapshot();
    for (const id of [taken, addOn?.stripePriceId]) {
      const prices = [{ ...eur, stripePriceId: id }];
      expect(fieldsOf(await refusal(change('thief', { prices })))).toEqual([
        'prices[0].stripePriceId stripe_id_taken',
      ]);
    }
    const product = { stripeProductId: addOn?.stripeProductId };
    expect(fieldsOf(await refusal(change('thief', product)))).toEqual(['stripeProductId stripe_id_taken']);
    expect(await snapshot()).toEqual(before);
  });

  test('sent back as they were read they stay; a new amount leaves the old id to the old price', async () => {
    const before = await getTier(stage.db, MARKET, 'professional');
    const prices = before.prices.map((one) => ({
      currency: one.currency,
      interval: one.interval,
      unitAmount: one.unitAmount,
      stripePriceId: one.stripePriceId,
    }));
    expect((await change('professional', { prices })).revision).toBe(before.revision);
    const dearer = prices.map((one) => ({ ...one, unitAmount: one.unitAmount + 100 }));
    const after = await change('professional', { prices: dearer });
    expect(after.revision).toBe(before.revision + 1);
    expect(after.prices.map((one) => one.stripePriceId)).toEqual([null, null]);
    expect((await change('professional', { prices })).prices.map((one) => one.stripePriceId)).toEqual(
      before.prices.map((one) => one.stripePriceId),
    );
  });
});

describe('the platform needs', () => {
  test('its trial and its fallback tier: they are neither switched off nor deleted', async () => {
    expect(await refusal(change('essential', { isActive: false }))).toMatchObject({
      code: 'tier_has_role',
      kind: 'conflict',
      details: { role: 'trial' },
    });
    const off = tierPatch.parse({ isActive: false });
    expect(await refusal(updateTier(stage.db, LOYALTY, 'free', off, by))).toMatchObject({
      details: { role: 'fallback' },
    });
    expect(await refusal(deleteTier(stage.db, LOYALTY, 'free', by))).toMatchObject({
      code: 'tier_in_use',
      details: { role: 'fallback' },
    });
  });
});

describe('deleting', () => {
  test('is not done to what is being bought at the same moment', async () => {
    const product = await stage.stripe.products.create({ name: 'Race' });
    for (let turn = 0; turn < 10; turn++) {
      const code = `race${turn}`;
      const { id: price } = await stage.stripe.prices.create({
        product: product.id,
        currency: 'eur',
        unit_amount: 4900,
        recurring: { interval: 'month' },
      });
      const tier = await make(code, {
        prices: [{ currency: 'EUR', interval: 'month', unitAmount: 4900, stripePriceId: price }],
      });
      const shop = await stage.merchant();
      const [bought, deleted] = await Promise.allSettled([
        stage.checkout(shop, code),
        deleteTier(stage.db, MARKET, code, by),
      ]);
      const statuses = [bought.status, deleted.status].sort();
      expect(statuses, JSON.stringify([bought, deleted])).toEqual(['fulfilled', 'rejected']);
      await stage.db.delete(tierPrices).where(eq(tierPrices.tierId, tier.id));
    }
  });

  test('a tier that somebody is buying or will change to is refused', async () => {
    await make('wanted', { priceMonthlyCents: 900 });
    await applyPush(stage.db, stage.stripe, actor, new Date());
    const shop = await stage.merchant();
    await stage.checkout(shop, 'wanted');
    expect((await refusal(deleteTier(stage.db, MARKET, 'wanted', by))).code).toBe('tier_in_use');

    const target = await make('next-month');
    await makeAccount(stage.db, 'moves', { pendingTierId: target.id, pendingAt: new Date() });
    expect((await refusal(deleteTier(stage.db, MARKET, 'next-month', by))).code).toBe('tier_in_use');
  });

  test('is not offered for a tier that somebody has, had or will change to', async () => {
    const [has, had, will, free] = await Promise.all(
      ['has', 'had', 'will', 'free-to-go'].map((code) => make(code)),
    );
    if (!has || !had || !will || !free) throw new Error('no tiers');
    await makeAccount(stage.db, 'has', { tierId: has.id, pendingTierId: will.id, pendingAt: new Date() });
    await makeAccount(stage.db, 'had', { tierId: had.id, isCurrent: false });
    const used = await listUsedTiers(stage.db, MARKET);
    expect([has, had, will, free].map((tier) => used.has(tier.id))).toEqual([true, true, true, false]);
  });

  test('from a stale page is refused; a deleted successor leaves its predecessor without one', async () => {
    await make('older');
    await saveAsSuccessor(stage.db, MARKET, 'older', { code: 'newer' }, by);
    expect((await refusal(deleteTier(stage.db, MARKET, 'older', { ...by, revision: 1 }))).code).toBe(
      'edit_conflict',
    );
    await deleteTier(stage.db, MARKET, 'newer', { ...by, revision: 1 });
    const left = await getTier(stage.db, MARKET, 'older');
    expect(left).toMatchObject({ successorId: null, revision: 3 });
    const [row] = await stage.db
      .select()
      .from(auditLog)
      .where(and(eq(auditLog.entityId, left.id), eq(auditLog.action, 'tier.updated')));
    expect(row).toMatchObject({
      before: { code: 'older', platform: 'market', successor: 'newer' },
      after: { code: 'older', platform: 'market', successor: null },
    });
  });
});

describe('a successor', () => {
  test('is what new merchants get; who has the old one keeps it, others cannot buy it any more', async () => {
    const [held, late, first] = [
      await stage.merchant(),
      await stage.merchant(),
      await stage.subscriber('business'),
    ];
    await makeAccount(stage.db, 'onbusiness', { tier: 'business' });
    const made = await saveAsSuccessor(
      stage.db,
      MARKET,
      'business',
      successorInput.parse({ code: 'business-27', name: 'Business 2027' }),
      by,
    );
    const old = await getTier(stage.db, MARKET, 'business');
    expect(old).toMatchObject({ isPublic: false, isActive: true, successorId: made.id });
    expect(made.prices.map((one) => [one.unitAmount, one.stripePriceId])).toEqual([
      [19_900, null],
      [199_000, null],
    ]);
    expect(made.limits).toHaveLength(old.limits.length);
    expect((await stage.current(first)).tier.code).toBe('business');
    expect((await refusal(stage.checkout(late, 'business'))).code).toBe('tier_not_found');
    const other = await stage.subscriber('professional');
    const toOld = { ...(await stage.by(other)), tierCode: 'business', interval: 'month' as const };
    expect((await refusal(changeTier(stage.db, stage.stripe, toOld))).code).toBe('tier_not_found');
    const trying = await stage.merchant({ trialDays: 9 });
    const tries = { ...toOld, ...(await stage.by(trying)) };
    expect((await refusal(changeTier(stage.db, stage.stripe, tries))).code).toBe('tier_not_found');
    const moved = await changeTier(stage.db, stage.stripe, { ...toOld, byAdmin: {} });
    expect(moved.subscription.tier.code).toBe('business');

    // Somebody who had it, comes back.
    await stage.db.insert(subscriptions).values({
      id: 'sub_had_business',
      ...held.account,
      tierId: old.id,
      status: 'canceled',
      isCurrent: true,
      currency: 'EUR',
      startedAt: new Date(),
    });
    expect((await stage.checkout(held, 'business')).sessionId).toMatch(/^cs_/);
    const again = saveAsSuccessor(stage.db, MARKET, 'business', { code: 'business-28' }, by);
    expect((await refusal(again)).code).toBe('edit_conflict');
  });

  test('takes over the trial, under a code that nobody has', async () => {
    const taken = saveAsSuccessor(stage.db, MARKET, 'essential', { code: 'professional' }, by);
    expect((await refusal(taken)).code).toBe('tier_code_taken');
    await saveAsSuccessor(stage.db, MARKET, 'essential', { code: 'essential-27' }, by);
    const shop = await stage.merchant({ trialDays: 10 });
    expect((await stage.current(shop)).tier.code).toBe('essential-27');
    const [platform] = await stage.db.select().from(platforms).where(eq(platforms.id, MARKET));
    expect(platform?.trialTierCode).toBe('essential-27');
    expect((await change('essential', { isActive: false })).isActive).toBe(false);
    const trail = await stage.db
      .select()
      .from(auditLog)
      .where(eq(auditLog.action, 'platform.trial_tier_changed'));
    expect(trail.map((row) => [row.before, row.after])).toEqual([
      [{ trialTier: 'essential' }, { trialTier: 'essential-27' }],
    ]);
  });

  test('of the fallback tier does not take it over: who has no plan keeps what they have', async () => {
    await saveAsSuccessor(stage.db, LOYALTY, 'free', { code: 'free-27' }, by);
    const [platform] = await stage.db.select().from(platforms).where(eq(platforms.id, LOYALTY));
    expect(platform?.fallbackTierCode).toBe('free');
  });
});

describe('add-ons and credit packages', () => {
  const addOn = (more: object = {}) =>
    addOnInput.parse({
      code: 'phone',
      name: 'Phone',
      currency: 'EUR',
      unitAmount: 500,
      category: 'other',
      interval: 'month',
      ...more,
    });
  const pack = (more: object = {}) =>
    creditPackageInput.parse({
      code: 'some',
      name: 'Some',
      currency: 'EUR',
      unitAmount: 500,
      credits: 5,
      ...more,
    });
  const anAddOn = { kind: 'add_on' as const, platformId: MARKET };
  const aPack = { kind: 'credit_package' as const, platformId: MARKET };
  const save = (input = addOn(), id?: string) => saveExtra(stage.db, { ...anAddOn, id }, input, features, by);

  test('a plan and an add-on do not share a code: their prices would have one lookup key', async () => {
    const before = await snapshot();
    expect((await refusal(save(addOn({ code: 'essential' })))).code).toBe('code_taken');
    expect(await snapshot()).toEqual(before);
    expect((await refusal(make('domain'))).code).toBe('tier_code_taken');
    const { revision } = await make('old');
    const successor = successorInput.parse({ code: 'domain', revision });
    const late = saveAsSuccessor(stage.db, MARKET, 'old', successor, by);
    expect((await refusal(late)).code).toBe('tier_code_taken');
    expect((await getTier(stage.db, MARKET, 'old')).successorId).toBeNull();
    const twins = await Promise.allSettled([make('twin'), save(addOn({ code: 'twin' }))]);
    expect(twins.map((one) => one.status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  test('bad input is refused by field, and nothing is saved', async () => {
    const before = await snapshot();
    const bad = (more: object) =>
      save(addOn(more)).then(
        () => 'saved',
        (error) => fieldsOf(error),
      );
    const adds = (...codes: string[]) => ({
      features: codes.map((code) => ({ featureCode: code, amount: 1 })),
    });
    expect(await bad({ currency: 'XYZ' })).toEqual(['currency unknown_currency']);
    expect(await bad({ currency: 'KWD', unitAmount: 5 })).toEqual(['unitAmount amount']);
    expect(await bad(adds('nope'))).toEqual(['features[0].featureCode unknown_feature']);
    expect(await bad(adds('api_access'))).toEqual(['features[0].featureCode unknown_feature']);
    expect(await bad(adds('max_products', 'max_products'))).toEqual(['features[1].featureCode repeated']);
    expect(await bad({ code: 'email_5' })).toEqual(['code_taken']);
    const package_ = saveExtra(stage.db, aPack, pack({ code: 'credits_100' }), features, by);
    expect((await refusal(package_)).code).toBe('code_taken');
    for (const input of [{ code: 'a b' }, { code: 'Upper' }, { unitAmount: -1 }, { unitAmount: 1.5 }]) {
      expect(addOnInput.safeParse({ ...addOn(), ...input }).success, JSON.stringify(input)).toBe(false);
      expect(creditPackageInput.safeParse({ ...pack(), ...input }).success).toBe(false);
    }
    expect(await snapshot()).toEqual(before);
  });

  test('two at once under one code: one is made, the other is told', async () => {
    const outcomes = await Promise.allSettled([save(), save()]);
    expect(outcomes.map((one) => one.status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  test('an edit from a stale page is refused, an edit of nothing leaves no trace, and the code stays', async () => {
    const id = await save(addOn({ code: 'mail', features: [{ featureCode: 'email_accounts', amount: 2 }] }));
    const same = { code: 'mail', features: [{ featureCode: 'email_accounts', amount: 2 }], revision: 1 };
    await save(addOn(same), id);
    await save(addOn({ ...same, unitAmount: 700 }), id);
    expect((await refusal(save(addOn({ ...same, name: 'Late' }), id))).code).toBe('edit_conflict');
    expect(fieldsOf(await refusal(save(addOn({ ...same, revision: 2, code: 'other' }), id)))).toEqual([
      'code unchangeable',
    ]);
    const stale = deleteExtra(stage.db, { ...anAddOn, id }, { ...by, revision: 1 });
    expect((await refusal(stale)).code).toBe('edit_conflict');
    await deleteExtra(stage.db, { ...anAddOn, id }, { ...by, revision: 2 });
    const trail = await stage.db
      .select()
      .from(auditLog)
      .where(eq(auditLog.entityId, id))
      .orderBy(sql`created_at`);
    expect(trail.map((row) => row.action)).toEqual([
      'add_on_product.created',
      'add_on_product.updated',
      'add_on_product.deleted',
    ]);
    expect(trail[0]).toMatchObject({
      before: null,
      after: { code: 'mail', platform: 'market', adds: 'email_accounts +2' },
    });
    expect(trail[1]).toMatchObject({
      before: { code: 'mail', platform: 'market', price: '5.00 EUR / month' },
      after: { code: 'mail', platform: 'market', price: '7.00 EUR / month' },
    });
    expect(trail[2]?.before).toMatchObject({ adds: 'email_accounts +2' });
  });

  test('what is being bought or was bought is not deleted', async () => {
    const shop = await stage.merchant();
    const [credits] = await stage.db
      .select()
      .from(creditPackages)
      .where(and(eq(creditPackages.platformId, MARKET), eq(creditPackages.code, 'credits_100')));
    if (!credits) throw new Error('no package');
    const request = { ...(await stage.request(shop)), packageCode: 'credits_100' };
    const { sessionId } = await startCreditCheckout(stage.db, stage.stripe, request);
    const remove = () => refusal(deleteExtra(stage.db, { ...aPack, id: credits.id }, by));
    expect((await remove()).code).toBe('in_use');
    await stage.pay(sessionId);
    await stage.deliverNew();
    expect((await remove()).code).toBe('in_use');
    expect([...(await listBoughtExtras(stage.db, 'credit_package', MARKET))]).toEqual([credits.id]);
  });
});

/** All that an edit of the catalogue could touch. */
async function snapshot() {
  const [a, b, c, d, e] = await Promise.all([
    stage.db.select().from(tiers).orderBy(tiers.id),
    stage.db.select().from(tierPrices).where(isNull(tierPrices.archivedAt)).orderBy(tierPrices.id),
    stage.db.select().from(tierLimits).orderBy(tierLimits.tierId, tierLimits.featureCode),
    stage.db.select().from(addOns).orderBy(addOns.id),
    stage.db.select({ id: auditLog.id }).from(auditLog).orderBy(auditLog.id),
  ]);
  return { a, b, c, d, e };
}
