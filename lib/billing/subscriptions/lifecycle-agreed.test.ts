import { and, desc, eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newId } from '@/db/ids';
import { MARKET } from '@/db/make';
import { auditLog, invoices, mrrMovements, tiers } from '@/db/schema';
import { updateTier } from '@/lib/billing/plans/tier-edit';
import { getBillingOverview } from '@/lib/billing/reports/overview';
import { openStage, type Stage } from '@/testing/stage';
import { setSubscription } from './by-hand';
import { changeTier, undoPendingChange } from './change';
import { previewChange } from './change-preview';

// An admin moves a merchant to a plan that owners cannot choose, at a price agreed with it.

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

type Subscriber = Awaited<ReturnType<Stage['subscriber']>>;
type Wish = { tierCode: string; interval?: 'month' | 'year'; unitAmount?: number };

const asked = async (shop: { account: Subscriber['account'] }, { tierCode, interval, unitAmount }: Wish) => ({
  ...(await stage.by(shop)),
  tierCode,
  interval: interval ?? ('month' as const),
  byAdmin: { unitAmount },
});
const preview = async (shop: Subscriber, wish: Wish) =>
  previewChange(stage.db, stage.stripe, await asked(shop, wish));
const change = async (shop: Subscriber, wish: Wish & { prorationDate?: number; reason?: string }) =>
  changeTier(stage.db, stage.stripe, {
    ...(await asked(shop, wish)),
    prorationDate: wish.prorationDate,
    reason: wish.reason,
  });
const lastBill = async (shop: Subscriber) => {
  const [bill] = await stage.db
    .select()
    .from(invoices)
    .where(eq(invoices.merchantId, shop.account.merchantId))
    .orderBy(desc(invoices.issuedAt), desc(invoices.id));
  return bill;
};
const toPeriodEnd = async (shop: Subscriber) => {
  const { currentPeriodEnd } = await stage.current(shop);
  await stage.advanceTo(new Date((currentPeriodEnd?.getTime() ?? 0) + 6 * 3_600_000));
  const answers = await stage.deliverNew();
  expect(answers.filter((one) => one.status === 'failed')).toEqual([]);
};
const ENTERPRISE = { tierCode: 'enterprise', unitAmount: 75_000 };

describe('a plan made to measure', () => {
  test('costs what the preview said, renews at the agreed price, and counts as revenue', async () => {
    const shop = await stage.subscriber('business');
    await stage.advance(10);
    const said = await preview(shop, ENTERPRISE);
    expect(said).toMatchObject({ kind: 'upgrade' });
    expect(said.nextInvoice.amount).toBe(87_750); // 750.00 and 17 % tax
    const answer = await change(shop, {
      ...ENTERPRISE,
      prorationDate: said.prorationDate ?? undefined,
      reason: 'Signed on the fair',
    });
    expect(answer).toMatchObject({
      paymentUrl: null,
      subscription: { tier: { code: 'enterprise' }, unitAmount: 75_000, mrrCents: 75_000 },
    });
    await stage.deliverNew();
    expect(await lastBill(shop)).toMatchObject({ status: 'paid', amountPaid: said.dueNow.amount });
    await toPeriodEnd(shop);
    expect(await lastBill(shop)).toMatchObject({ status: 'paid', total: 87_750 });
    const [movement] = await stage.db
      .select()
      .from(mrrMovements)
      .where(eq(mrrMovements.merchantId, shop.account.merchantId))
      .orderBy(desc(mrrMovements.at));
    expect(movement).toMatchObject({ kind: 'expansion', after: 75_000 });
    const trail = await stage.db
      .select()
      .from(auditLog)
      .where(
        and(eq(auditLog.merchantId, shop.account.merchantId), eq(auditLog.action, 'subscription.upgrade')),
      );
    expect(trail.map((row) => row.reason)).toEqual(['Signed on the fair']);
  });

  test('is agreed on anew: dearer at once, cheaper from the next period, shown until then', async () => {
    const shop = await stage.subscriber('business');
    await change(shop, ENTERPRISE);
    expect(await preview(shop, ENTERPRISE)).toMatchObject({ kind: 'none' });
    const dearer = await change(shop, { ...ENTERPRISE, unitAmount: 90_000 });
    expect(dearer.subscription).toMatchObject({ unitAmount: 90_000 });
    const cheaper = await change(shop, { ...ENTERPRISE, unitAmount: 60_000 });
    expect(cheaper.effectiveAt).toEqual(cheaper.subscription.currentPeriodEnd);
    await stage.deliverNew();
    expect(await stage.current(shop)).toMatchObject({
      unitAmount: 90_000,
      pendingTier: { code: 'enterprise' },
      pendingUnitAmount: 60_000,
    });
    const { pending } = await getBillingOverview(stage.db, shop.account, await stage.now());
    expect(pending).toMatchObject({ tierName: 'Enterprise', interval: 'month', amount: 60_000 });
    await toPeriodEnd(shop);
    expect(await stage.current(shop)).toMatchObject({
      tier: { code: 'enterprise' },
      unitAmount: 60_000,
      mrrCents: 60_000,
      pendingTier: null,
      pendingUnitAmount: null,
    });
    expect(await lastBill(shop)).toMatchObject({ status: 'paid', total: 70_200 });
  });

  test('is yearly too, and is left for a plan of the list at the end of what is paid', async () => {
    const shop = await stage.subscriber('professional');
    const yearly = await change(shop, { tierCode: 'enterprise', interval: 'year', unitAmount: 600_000 });
    expect(yearly.subscription).toMatchObject({ interval: 'year', mrrCents: 50_000 });
    const back = await change(shop, { tierCode: 'professional', interval: 'year' });
    expect(back.subscription).toMatchObject({
      tier: { code: 'enterprise' },
      pendingTier: { code: 'professional' },
      pendingInterval: 'year',
    });
    await toPeriodEnd(shop);
    expect(await stage.current(shop)).toMatchObject({
      tier: { code: 'professional' },
      unitAmount: 99_000,
      mrrCents: 8250,
    });
  });

  test('cheaper than the plan of the list that follows is left at once', async () => {
    const shop = await stage.subscriber('essential');
    await change(shop, { ...ENTERPRISE, unitAmount: 9000 });
    expect(await preview(shop, { tierCode: 'business' })).toMatchObject({ kind: 'upgrade' });
    const { tiers: cards } = await getBillingOverview(stage.db, shop.account, await stage.now());
    const business = cards.find((one) => one.code === 'business');
    expect(business?.choices).toEqual({ month: 'upgrade', year: 'upgrade' });
    expect((await change(shop, { tierCode: 'business' })).subscription.tier.code).toBe('business');
  });

  test('is refused to owners, without a price, with a price for a plan of the list, and before it is pushed', async () => {
    const shop = await stage.subscriber('business');
    const byOwner = { ...(await stage.by(shop)), tierCode: 'enterprise', interval: 'month' as const };
    await expect(changeTier(stage.db, stage.stripe, byOwner)).rejects.toThrow('tier_not_self_service');
    await expect(previewChange(stage.db, stage.stripe, byOwner)).rejects.toThrow('tier_not_self_service');
    await expect(change(shop, { tierCode: 'enterprise' })).rejects.toMatchObject({
      fields: [{ path: 'unitAmount', rule: 'no_own_price' }],
    });
    await expect(change(shop, { tierCode: 'professional', unitAmount: 5000 })).rejects.toMatchObject({
      fields: [{ path: 'unitAmount', rule: 'has_own_price' }],
    });
    const enterprise = and(eq(tiers.platformId, MARKET), eq(tiers.code, 'enterprise'));
    const [before] = await stage.db.select().from(tiers).where(enterprise);
    await stage.db.update(tiers).set({ stripeProductId: null }).where(enterprise);
    await expect(preview(shop, ENTERPRISE)).rejects.toThrow('tier_not_pushed');
    await stage.db.update(tiers).set({ stripeProductId: before?.stripeProductId }).where(enterprise);
    expect(await stage.current(shop)).toMatchObject({ tier: { code: 'business' }, unitAmount: 19_900 });
  });

  test('is known by its product: the plan keeps it while somebody pays such a price, or will', async () => {
    const shop = await stage.subscriber('business');
    const { account: _, ...context } = await stage.by(shop);
    const [enterprise] = await stage.db.select().from(tiers).where(eq(tiers.code, 'enterprise'));
    if (!enterprise) throw new Error('no plan without a price');
    // A plan of its own: other tests' shops pay agreed prices of Enterprise.
    const product = await stage.stripe.products.create({ name: 'Bespoke' });
    await stage.db
      .insert(tiers)
      .values({ ...enterprise, id: newId('tier'), code: 'bespoke', stripeProductId: product.id });
    const lose = () => updateTier(stage.db, MARKET, 'bespoke', { stripeProductId: null }, context);
    const keeps = async () => {
      await expect(lose()).rejects.toMatchObject({
        fields: [{ path: 'stripeProductId', rule: 'agreed_on_product' }],
      });
      const [after] = await stage.db.select().from(tiers).where(eq(tiers.code, 'bespoke'));
      expect(after?.stripeProductId).toBe(product.id);
    };
    const agreed = (unitAmount: number) =>
      change(shop, { tierCode: 'bespoke', interval: 'month', unitAmount });
    expect((await agreed(9000)).subscription.pendingTier?.code).toBe('bespoke');
    await keeps();
    await undoPendingChange(stage.db, stage.stripe, await stage.by(shop));
    expect((await lose()).stripeProductId).toBeNull();
    await updateTier(stage.db, MARKET, 'bespoke', { stripeProductId: product.id }, context);
    expect((await agreed(75_000)).subscription.tier.code).toBe('bespoke');
    await keeps();
    // The price that everybody pays is known by itself.
    const [business] = await stage.db.select().from(tiers).where(eq(tiers.code, 'business'));
    const link = (stripeProductId: string | null | undefined) =>
      updateTier(stage.db, MARKET, 'business', { stripeProductId }, context);
    await stage.subscriber('business');
    // So is one that is planned: a yearly plan that becomes monthly.
    const yearly = await stage.subscriber('business', 'year');
    expect((await change(yearly, { tierCode: 'business' })).subscription.pendingTier?.code).toBe('business');
    expect((await link(null)).stripeProductId).toBeNull();
    await link(business?.stripeProductId);
  });

  test('without a subscription at Stripe it is given, and no price can be asked', async () => {
    const shop = await stage.merchant();
    const { account, ...context } = await stage.by(shop);
    const set = (input: Parameters<typeof setSubscription>[3]) =>
      setSubscription(stage.db, () => stage.stripe, account, input, context);
    await expect(set({ tierCode: 'enterprise', unitAmount: 5000 })).rejects.toMatchObject({
      fields: [{ path: 'unitAmount', rule: 'only_at_stripe' }],
    });
    expect(await set({ tierCode: 'essential' })).toMatchObject({
      status: 'active',
      tier: { code: 'essential' },
    });
    expect(await set({ tierCode: 'enterprise' })).toMatchObject({
      tier: { code: 'enterprise' },
      mrrCents: 0,
    });
  });
});
