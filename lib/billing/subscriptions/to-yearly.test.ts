import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStage, type Stage } from '@/testing/stage';
import { changeTier } from './change';
import { previewChange } from './change-preview';

// Monthly to annual: what the preview says is what the invoice says, and the next date is Stripe's.

let stage: Stage;
beforeAll(async () => {
  stage = await openStage({ at: new Date('2027-01-01T09:00:00Z') });
});
afterAll(() => stage.close());

type Subscriber = Awaited<ReturnType<Stage['subscriber']>>;
const wish = async (shop: Subscriber) => ({
  ...(await stage.by(shop)),
  tierCode: 'professional',
  interval: 'year' as const,
});
const readSubscription = async ({ subscriptionId }: Subscriber) => {
  const read = await stage.stripe.subscriptions.retrieve(subscriptionId, { expand: ['latest_invoice'] });
  const invoice = read.latest_invoice;
  if (!invoice || typeof invoice === 'string') throw new Error('not expanded');
  return { item: read.items.data[0], invoice };
};

const variants: Record<string, (shop: Subscriber) => Promise<unknown>> = {
  'as it is': async () => {},
  'with a discount for ever': async (shop) => {
    const { id } = await stage.stripe.coupons.create({ percent_off: 20, duration: 'forever' });
    return stage.stripe.subscriptions.update(shop.subscriptionId, { discounts: [{ coupon: id }] });
  },
  'three times': async (shop) => {
    const { items } = await stage.stripe.subscriptions.retrieve(shop.subscriptionId);
    return stage.stripe.subscriptions.update(shop.subscriptionId, {
      items: [{ id: items.data[0]?.id, quantity: 3 }],
      proration_behavior: 'none',
    });
  },
  'three times, with a discount': async (shop) => {
    await variants['three times']?.(shop);
    return variants['with a discount for ever']?.(shop);
  },
};

describe.each(Object.entries(variants))('%s', (_name, prepare) => {
  test.each([10, 20, 31])('on day %i of the month', async (day) => {
    const shop = await stage.subscriber('professional');
    await prepare(shop);
    await stage.deliverNew();
    await stage.advance(day - 1);
    await stage.deliverNew();
    const said = await previewChange(stage.db, stage.stripe, await wish(shop));
    await changeTier(stage.db, stage.stripe, await wish(shop));
    const { item, invoice } = await readSubscription(shop);
    // Stripe allows no date beside the anchor: the minutes between may be a cent each.
    const minutes = 2;
    expect(Math.abs(invoice.total - (said.totals?.total ?? 0))).toBeLessThanOrEqual(minutes);
    expect(Math.abs(invoice.amount_due - said.dueNow.amount)).toBeLessThanOrEqual(minutes);
    expect(said.totals).toMatchObject({ total: (said.totals?.net ?? 0) + (said.totals?.tax ?? 0) });
    const end = (item?.current_period_end ?? 0) * 1000;
    expect(Math.abs(Date.parse(said.nextInvoice.date ?? '') - end)).toBeLessThan(120_000);
    // A year later it is what was said, to the cent.
    await stage.advanceTo(new Date(end + 7_200_000));
    const renewal = await readSubscription(shop);
    expect(renewal.invoice).toMatchObject({
      billing_reason: 'subscription_cycle',
      total: said.nextInvoice.amount,
    });
    await stage.deliverNew();
  });
});

test('in a trial nothing is due, and its end brings the year as it was said', async () => {
  const trial = await stage.merchant({ trialDays: 30 });
  const { sessionId } = await stage.checkout(trial);
  await stage.pay(sessionId);
  await stage.deliverNew();
  const { stripeSubscriptionId, trialEnd } = await stage.current(trial);
  const shop = { ...trial, subscriptionId: stripeSubscriptionId ?? '', customerId: '' };
  const said = await previewChange(stage.db, stage.stripe, await wish(shop));
  expect(said.dueNow.amount).toBe(0);
  await changeTier(stage.db, stage.stripe, await wish(shop));
  expect(Math.abs(Date.parse(said.nextInvoice.date ?? '') - (trialEnd?.getTime() ?? 0))).toBeLessThan(1_000);
  await stage.advanceTo(new Date((trialEnd?.getTime() ?? 0) + 7_200_000));
  const { invoice, item } = await readSubscription(shop);
  expect(invoice.total).toBe(said.nextInvoice.amount);
  expect(item?.price.recurring?.interval).toBe('year');
});
