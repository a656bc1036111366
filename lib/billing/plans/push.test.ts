import { and, desc, eq, isNull } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MARKET } from '@/db/make';
import {
  addOns,
  auditLog,
  retiredPrices,
  retiredProducts,
  stripeDifferences,
  tierPrices,
  tiers,
} from '@/db/schema';
import { recogniseItems } from '@/lib/billing/mirror/items';
import { features } from '@/lib/features';
import { openStage, type Stage } from '@/testing/stage';
import { listCatalogDrift } from './catalog-drift';
import { addOnInput, creditPackageInput } from './extra-input';
import { deleteExtra, saveExtra } from './extras-edit';
import { applyPush, nameOfPlan, PushPlanChanged, PushUnderWay, planPush } from './push';
import { deleteTier } from './tier-delete';
import { createTier, updateTier } from './tier-edit';
import { newTierInput, tierPatch } from './tier-input';
import { getTier } from './tiers';

let stage: Stage;
const actor = { kind: 'user' as const, id: 'usr_admin' };
const anAddOn = { kind: 'add_on' as const, platformId: MARKET };
const by = () => ({ actor, now: new Date() });

beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

const plan = () => planPush(stage.db, stage.stripe);
const said = async () => (await plan()).map((step) => `${step.action} ${step.code} ${step.detail}`);
const push = () => applyPush(stage.db, stage.stripe, actor, new Date());
const price = (id: string) => stage.stripe.prices.retrieve(id);
const tier = (code: string) => getTier(stage.db, MARKET, code);
const make = (code: string, more: object = {}) =>
  createTier(
    stage.db,
    MARKET,
    newTierInput.parse({ code, name: `Tier ${code}`, priceMonthlyCents: 2900, ...more }),
    by(),
  );
const change = (code: string, patch: object) =>
  updateTier(stage.db, MARKET, code, tierPatch.parse(patch), by());
const pushed = async (code: string) => {
  await make(code);
  await push();
  const made = await tier(code);
  return { productId: made.stripeProductId ?? '', priceId: made.prices[0]?.stripePriceId ?? '', id: made.id };
};

describe('a push', () => {
  test('does what its plan said, then there is nothing left to do, and each step is in the audit trail', async () => {
    await make('fresh', {
      prices: [
        { currency: 'EUR', interval: 'month', unitAmount: 2950 },
        { currency: 'JPY', interval: 'year', unitAmount: 5000 },
      ],
      priceMonthlyCents: undefined,
    });
    expect(await said()).toEqual([
      'create_product fresh Tier fresh',
      'create_price fresh 29.50 EUR / month',
      'create_price fresh 5000 JPY / year',
    ]);
    expect(await push()).toHaveLength(3);
    expect(await plan()).toEqual([]);
    const { id, prices } = await tier('fresh');
    const jpy = await price(prices.find((one) => one.currency === 'JPY')?.stripePriceId ?? '');
    expect(jpy).toMatchObject({ unit_amount: 5000, currency: 'jpy', lookup_key: 'market:fresh:year:jpy' });
    const trail = await stage.db.select().from(auditLog).where(eq(auditLog.entityId, id));
    expect(trail.map((row) => row.action).sort()).toEqual([
      'stripe.create_price',
      'stripe.create_price',
      'stripe.create_product',
      'tier.created',
    ]);
    expect(trail.find((row) => row.action === 'stripe.create_product')).toMatchObject({
      platformId: MARKET,
      after: { code: 'fresh', platform: 'market' },
    });
  });

  test('that was looked at before somebody changed the catalogue does nothing', async () => {
    await make('looked');
    const seen = nameOfPlan(await plan());
    await change('looked', { name: 'Another' });
    const late = applyPush(stage.db, stage.stripe, actor, new Date(), seen);
    await expect(late).rejects.toBeInstanceOf(PushPlanChanged);
    expect((await tier('looked')).stripeProductId).toBeNull();
    await applyPush(stage.db, stage.stripe, actor, new Date(), nameOfPlan(await plan()));
    expect(await plan()).toEqual([]);
  });

  test('by two at once makes one product and one price', async () => {
    await make('twice');
    const both = await Promise.allSettled([push(), push()]);
    const refused = both.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
    expect(both.some((one) => one.status === 'fulfilled' && one.value.length === 2)).toBe(true);
    for (const reason of refused) expect(reason).toBeInstanceOf(PushUnderWay);
    const products = await stage.stripe.products.list({ active: true, limit: 100 });
    expect(products.data.filter((one) => one.metadata.code === 'twice')).toHaveLength(1);
    const { prices, stripeProductId } = await tier('twice');
    const list = await stage.stripe.prices.list({ product: stripeProductId ?? '', limit: 100 });
    expect(list.data.map((one) => one.id)).toEqual([prices[0]?.stripePriceId]);
    expect(await plan()).toEqual([]);
  });

  test('that died before an id was written down goes on with what Stripe has', async () => {
    await make('died', { priceMonthlyCents: undefined });
    await push();
    const { id, stripeProductId } = await tier('died');
    await stage.db.update(tiers).set({ stripeProductId: null }).where(eq(tiers.id, id));
    await push();
    expect((await tier('died')).stripeProductId).toBe(stripeProductId);

    await change('died', { priceMonthlyCents: 2900 });
    await push();
    const [made] = (await tier('died')).prices;
    await stage.db.update(tierPrices).set({ stripePriceId: null }).where(eq(tierPrices.tierId, id));
    expect(await said()).toEqual(['adopt_price died 29.00 EUR / month']);
    await push();
    expect((await tier('died')).prices[0]?.stripePriceId).toBe(made?.stripePriceId);
    expect(await plan()).toEqual([]);
  });
});

describe('what is deleted', () => {
  test('a tier: its product and prices are archived, once', async () => {
    const { productId, priceId } = await pushed('gone');
    await deleteTier(stage.db, MARKET, 'gone', by());
    expect(await said()).toEqual(['archive_price gone 29.00 EUR / month', 'archive_product gone Tier gone']);
    await push();
    expect((await price(priceId)).active).toBe(false);
    expect((await stage.stripe.products.retrieve(productId)).active).toBe(false);
    expect(await plan()).toEqual([]);
    const [row] = await stage.db
      .select()
      .from(retiredProducts)
      .where(eq(retiredProducts.stripeProductId, productId));
    expect(row?.stripeArchivedAt).not.toBeNull();
  });

  test('an add-on and a credit package too', async () => {
    const addOn = addOnInput.parse({
      code: 'fax',
      name: 'Fax',
      currency: 'EUR',
      unitAmount: 700,
      category: 'other',
      interval: 'month',
    });
    const pack = creditPackageInput.parse({
      code: 'few',
      name: 'Few',
      currency: 'EUR',
      unitAmount: 100,
      credits: 3,
    });
    const packs = { kind: 'credit_package' as const, platformId: MARKET };
    const addOnId = await saveExtra(stage.db, anAddOn, addOn, features, by());
    const packId = await saveExtra(stage.db, packs, pack, features, by());
    await push();
    await deleteExtra(stage.db, { ...anAddOn, id: addOnId }, by());
    await deleteExtra(stage.db, { ...packs, id: packId }, by());
    expect(await said()).toEqual([
      'archive_price fax 7.00 EUR / month',
      'archive_product fax Fax',
      'archive_price few 1.00 EUR',
      'archive_product few Few',
    ]);
    await push();
    expect(await plan()).toEqual([]);
    const left = await stage.stripe.products.list({ active: true, limit: 100 });
    expect(left.data.filter((one) => ['fax', 'few'].includes(one.metadata.code ?? ''))).toEqual([]);
  });

  test('a push that died between price and product is finished by the next, also after Stripe was tidied by hand', async () => {
    const { productId, priceId } = await pushed('half');
    await deleteTier(stage.db, MARKET, 'half', by());
    await stage.stripe.prices.update(priceId, { active: false });
    expect(await said()).toEqual(['archive_product half Tier half']);
    await stage.stripe.products.update(productId, { active: false });
    expect(await plan()).toEqual([]);
    await push();
    const open = await stage.db
      .select()
      .from(retiredProducts)
      .where(isNull(retiredProducts.stripeArchivedAt));
    expect(open).toEqual([]);
  });

  test('made anew under the same code has a product of its own', async () => {
    const { productId } = await pushed('phoenix');
    await deleteTier(stage.db, MARKET, 'phoenix', by());
    await make('phoenix', { priceMonthlyCents: 3900 });
    await push();
    expect(await plan()).toEqual([]);
    const now = await tier('phoenix');
    expect(now.stripeProductId).not.toBe(productId);
    expect((await stage.stripe.products.retrieve(productId)).active).toBe(false);
    expect(await price(now.prices[0]?.stripePriceId ?? '')).toMatchObject({
      active: true,
      unit_amount: 3900,
    });
  });
});

describe('a price that is no longer asked', () => {
  const place = async (priceId: string) =>
    (await recogniseItems(stage.db, [{ priceId }])).plans.map((one) => one.tierId);

  test('an interval taken away is archived at Stripe and still maps for those who pay it', async () => {
    const { id, priceId } = await pushed('monthless');
    await change('monthless', { prices: [] });
    expect(await said()).toEqual(['archive_price monthless 29.00 EUR / month']);
    await push();
    expect((await price(priceId)).active).toBe(false);
    expect(await place(priceId)).toEqual([id]);
    expect(await plan()).toEqual([]);
  });

  test('a plan that turns "contact us" sells nothing; turned back, it sells again', async () => {
    const { id, priceId } = await pushed('bespoke');
    await change('bespoke', { isSelfService: false });
    expect(await said()).toEqual(['archive_price bespoke 29.00 EUR / month']);
    await push();
    expect((await price(priceId)).active).toBe(false);
    expect(await plan()).toEqual([]);
    await change('bespoke', { isSelfService: true });
    await push();
    expect(await plan()).toEqual([]);
    const now = (await tier('bespoke')).prices[0]?.stripePriceId ?? '';
    expect((await price(now)).active).toBe(true);
    expect(await place(priceId)).toEqual([id]);
    expect(await place(now)).toEqual([id]);
  });

  test('raised and lowered again before and after a push, every price ever asked maps', async () => {
    const { id, priceId } = await pushed('yoyo');
    await change('yoyo', { priceMonthlyCents: 3900 });
    await change('yoyo', { priceMonthlyCents: 2900 });
    expect(await plan()).toEqual([]);
    expect((await tier('yoyo')).prices[0]?.stripePriceId).toBe(priceId);
    await change('yoyo', { priceMonthlyCents: 3900 });
    expect(await said()).toEqual(['replace_price yoyo 39.00 EUR / month']);
    await push();
    const dearer = (await tier('yoyo')).prices[0]?.stripePriceId ?? '';
    await change('yoyo', { priceMonthlyCents: 2900 });
    await push();
    expect(await plan()).toEqual([]);
    const now = (await tier('yoyo')).prices[0]?.stripePriceId ?? '';
    expect((await price(now)).active).toBe(true);
    expect((await price(dearer)).active).toBe(false);
    for (const one of [priceId, dearer, now]) expect(await place(one)).toEqual([id]);
  });

  test('a push that died before it archived the replaced price does so the next time', async () => {
    const { priceId } = await pushed('leftover');
    await change('leftover', { priceMonthlyCents: 3900 });
    await push();
    await stage.stripe.prices.update(priceId, { active: true });
    await stage.db
      .update(tierPrices)
      .set({ stripeArchivedAt: null })
      .where(eq(tierPrices.stripePriceId, priceId));
    expect(await said()).toEqual(['archive_price leftover 29.00 EUR / month']);
    await push();
    expect((await price(priceId)).active).toBe(false);
    expect(await plan()).toEqual([]);
  });

  test('of an add-on: who bought it pays and keeps it, new buyers pay the new one', async () => {
    const [email] = await stage.db
      .select()
      .from(addOns)
      .where(and(eq(addOns.platformId, MARKET), eq(addOns.code, 'email_5')));
    if (!email?.stripePriceId) throw new Error('email_5 is not on sale');
    const input = addOnInput.parse({
      code: email.code,
      name: email.name,
      description: email.description,
      category: email.category,
      interval: email.interval,
      currency: email.currency,
      unitAmount: 600,
      features: [{ featureCode: 'email_accounts', amount: 5 }],
    });
    await saveExtra(stage.db, { ...anAddOn, id: email.id }, input, features, by());
    expect(await said()).toEqual(['replace_price email_5 6.00 EUR / month']);
    await push();
    expect(await plan()).toEqual([]);
    const { addOns: places } = await recogniseItems(stage.db, [{ priceId: email.stripePriceId }]);
    expect(places.map((one) => one.addOnId)).toEqual([email.id]);
    expect(await price(email.stripePriceId)).toMatchObject({ active: false, unit_amount: 500 });
    const [kept] = await stage.db
      .select()
      .from(retiredPrices)
      .where(eq(retiredPrices.stripePriceId, email.stripePriceId));
    expect(kept?.stripeArchivedAt).not.toBeNull();
  });
});

describe('what Stripe was given by hand', () => {
  test('a price id typed by an admin is taken over with its lookup key, when it is the same price', async () => {
    const { productId, priceId } = await pushed('typed');
    const own = await stage.stripe.prices.create({
      product: productId,
      currency: 'eur',
      unit_amount: 2900,
      recurring: { interval: 'month' },
    });
    await change('typed', {
      prices: [{ currency: 'EUR', interval: 'month', unitAmount: 2900, stripePriceId: own.id }],
    });
    expect(await said()).toEqual(['adopt_price typed 29.00 EUR / month']);
    await push();
    expect(await plan()).toEqual([]);
    expect((await price(own.id)).lookup_key).toBe('market:typed:month:eur');
    expect((await price(priceId)).active).toBe(false);
    expect((await tier('typed')).prices[0]?.stripePriceId).toBe(own.id);
  });

  test('a renamed product and an archived price are noted, and mended by the next push', async () => {
    const { productId, priceId, id } = await pushed('drifts');
    await stage.deliverNew();
    await stage.stripe.products.update(productId, { name: 'Somebody was here' });
    await stage.stripe.prices.update(priceId, { active: false });
    await stage.deliverNew();
    const open = () =>
      stage.db
        .select()
        .from(stripeDifferences)
        .where(isNull(stripeDifferences.resolvedAt))
        .orderBy(desc(stripeDifferences.kind));
    const [product, drifted] = await open();
    expect(product).toMatchObject({
      entity: 'tier',
      entityId: id,
      stripe: { name: 'Somebody was here', active: true },
    });
    expect(drifted).toMatchObject({ entity: 'tier_price', stripe: { active: false, unit_amount: 2900 } });
    expect(await listCatalogDrift(stage.db)).toMatchObject([
      { entity: 'tier', offerId: id, name: 'Tier drifts', price: { amount: 2900 } },
      { entity: 'tier', offerId: id, name: 'Tier drifts', price: null },
    ]);
    expect(await said()).toEqual([
      'update_product drifts Somebody was here → Tier drifts',
      'replace_price drifts 29.00 EUR / month',
    ]);
    await push();
    expect(await open()).toEqual([]);
    await stage.deliverNew();
    expect(await open()).toEqual([]);
    expect(await plan()).toEqual([]);
  });

  test('what we archive ourselves is no drift', async () => {
    await pushed('retired');
    await change('retired', { isActive: false });
    expect(await said()).toEqual(['archive_product retired Tier retired']);
    await push();
    await stage.deliverNew();
    const open = await stage.db.select().from(stripeDifferences).where(isNull(stripeDifferences.resolvedAt));
    expect(open).toEqual([]);
    await change('retired', { isActive: true });
    await push();
    await stage.deliverNew();
    expect(await plan()).toEqual([]);
  });
});
