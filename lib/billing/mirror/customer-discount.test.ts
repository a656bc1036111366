import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { mrrMovements } from '@/db/schema';
import { reconcileStripe } from '@/lib/billing/inbox/reconcile';
import { previewUpcomingInvoice } from '@/lib/billing/reports/invoices';
import { openStage, type Stage } from '@/testing/stage';
import { syncLiveSubscriptions } from './live-subscriptions';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

type Subscriber = Awaited<ReturnType<Stage['subscriber']>>;

/** As the worker does: the task that the event's transaction queued. */
async function work({ account }: Subscriber) {
  const [job] = await stage.db.execute(
    sql`delete from graphile_worker._private_jobs where key = ${`sync_subscriptions:${account.merchantId}`} returning id`,
  );
  if (job)
    await syncLiveSubscriptions(stage.db, stage.stripe, account.merchantId, await stage.by({ account }));
  return job !== undefined;
}
const give = (shop: Subscriber, coupon: string) =>
  stage.control(`customers/${shop.customerId}/discount`, { coupon });

test('a discount on the customer counts in what its subscriptions bring, from its event on and until it is gone', async () => {
  const shop = await stage.subscriber('professional');
  const { id } = await stage.stripe.coupons.create({ percent_off: 50, duration: 'forever' });
  await give(shop, id);
  await stage.deliverNew();
  expect(await work(shop)).toBe(true);
  expect((await stage.current(shop)).mrrCents).toBe(4_950);
  expect(
    await previewUpcomingInvoice(stage.db, stage.stripe, shop.account, (await stage.by(shop)).tax),
  ).toMatchObject({
    total: Math.round(4_950 * 1.17),
  });
  // The same event again, and a comparison, change nothing.
  await stage.deliverNew();
  expect(await work(shop)).toBe(false);
  const { differences } = await reconcileStripe(stage.db, stage.stripe, {
    ...(await stage.by(shop)),
    livemode: false,
    merchantId: shop.account.merchantId,
    dryRun: true,
  });
  expect(differences).toEqual([]);
  await stage.stripe.customers.deleteDiscount(shop.customerId);
  await stage.deliverNew();
  expect(await work(shop)).toBe(true);
  expect((await stage.current(shop)).mrrCents).toBe(9_900);
  const moved = await stage.db
    .select()
    .from(mrrMovements)
    .where(eq(mrrMovements.merchantId, shop.account.merchantId));
  expect(moved.map((one) => one.delta)).toEqual([9_900, -4_950, 4_950]);
});

test('one that a subscription has of its own stands before its customer’s, and a single use is no recurring revenue lost', async () => {
  const shop = await stage.subscriber('professional');
  const ten = await stage.stripe.coupons.create({ percent_off: 10, duration: 'forever' });
  const once = await stage.stripe.coupons.create({ percent_off: 90, duration: 'once' });
  await give(shop, once.id);
  await stage.deliverNew();
  await work(shop);
  expect((await stage.current(shop)).mrrCents).toBe(9_900);
  const half = await stage.stripe.coupons.create({ percent_off: 50, duration: 'forever' });
  await give(shop, half.id);
  await stage.stripe.subscriptions.update(shop.subscriptionId, { discounts: [{ coupon: ten.id }] });
  await stage.deliverNew();
  await work(shop);
  expect((await stage.current(shop)).mrrCents).toBe(8_910);
});
