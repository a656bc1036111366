/** What a schedule will bill. https://docs.stripe.com/billing/subscriptions/subscription-schedules#preview-an-invoice */
import type Stripe from 'stripe';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Bench, open, refused, START } from '../testing';
import { scheduled } from '../testing-scenes';

let bench: Bench;
let stripe: Stripe;
beforeAll(async () => {
  bench = await open();
  stripe = bench.stripe;
});
beforeEach(async () => {
  await bench.local('reset', { at: START });
});
afterAll(() => bench.close());

const _to = (date: string) => bench.local('advance', { to: Date.parse(date) / 1000 });
const item = (sub: Stripe.Subscription) => sub.items.data[0] as Stripe.SubscriptionItem;
const now = (id: string) => stripe.subscriptions.retrieve(id);
const totals = async (sub: string) =>
  (await stripe.invoices.list({ subscription: sub, limit: 100 })).data
    .reverse()
    .map((one) => [one.billing_reason, one.total]);

describe('previews', () => {
  test('of given phases use their discounts, and cost what the update then does', async () => {
    const { sub, schedule, basic, pro, current, coming, rewrite, own } = await scheduled(stripe);
    const preview = (
      phases: Stripe.SubscriptionScheduleUpdateParams.Phase[],
      behavior: 'none' | 'always_invoice' = 'none',
    ) =>
      stripe.invoices.createPreview({
        schedule: schedule.id,
        schedule_details: { phases, proration_behavior: behavior },
      });
    const kept = { ...current, discounts: own };
    expect((await preview([kept, { ...coming, discounts: own }])).total).toBe(2450);
    expect((await preview([kept, coming])).total).toBe(4900);
    expect((await preview([kept, { ...coming, discounts: '' }])).total).toBe(4900);
    const long: Stripe.SubscriptionScheduleUpdateParams.Phase = {
      ...current,
      end_date: undefined,
      duration: { interval: 'year' },
    };
    expect((await preview([long])).total).toBe(9900);
    expect((await preview([{ ...long, discounts: own }])).total).toBe(4950);
    expect((await now(sub.id)).discounts).toEqual(sub.discounts);
    await bench.local('advance', { days: 10 });
    const both = { ...kept, items: [{ price: pro.id }, { price: basic.id }] };
    const cost = (await preview([both, coming], 'always_invoice')).total;
    await rewrite([both, coming], { proration_behavior: 'always_invoice' });
    expect((await totals(sub.id)).at(-1)).toEqual(['subscription_update', cost]);
  });

  test('of a schedule to come show its first phase; with a subscription they are refused', async () => {
    const { sub, customer, half, schedule, coming } = await scheduled(stripe);
    const phases = [{ ...coming, start_date: START, discounts: [{ coupon: half.id }] }];
    const first = await stripe.invoices.createPreview({
      customer: customer.id,
      schedule_details: { phases },
    });
    expect(first.total).toBe(2450);
    for (const given of [{ schedule: schedule.id }, { schedule_details: { phases } }]) {
      const mixed = stripe.invoices.createPreview({ subscription: sub.id, ...given });
      expect((await refused(mixed)).code).toBe('parameters_exclusive');
    }
  });

  test('leave out a discount that is over by then', async () => {
    const { sub, schedule } = await scheduled(
      stripe,
      {},
      { percent_off: 50, duration: 'repeating', duration_in_months: 1 },
    );
    await stripe.subscriptionSchedules.release(schedule.id);
    expect((await stripe.invoices.createPreview({ subscription: sub.id })).total).toBe(9900);
  });

  describe.each([
    ['cancel_at_period_end', { cancel_at_period_end: true }],
    ['cancel_at, as the portal says it', { cancel_at: 'min_period_end' }],
  ] as const)('of a subscription that ends: %s', (_name, way) => {
    test('nothing comes but prorations; taken back in the preview, its next invoice', async () => {
      const { sub, schedule, basic } = await scheduled(stripe);
      await stripe.subscriptionSchedules.release(schedule.id);
      await bench.local('advance', { days: 10 });
      await stripe.subscriptions.update(sub.id, way);
      const preview = (subscription_details?: Stripe.InvoiceCreatePreviewParams.SubscriptionDetails) =>
        stripe.invoices.createPreview({
          subscription: sub.id,
          ...(subscription_details ? { subscription_details } : {}),
        });
      const none = async (work: Promise<unknown>) => {
        const error = await refused(work);
        expect([error.statusCode, error.code]).toEqual([404, 'invoice_upcoming_none']);
      };
      const items = [{ id: item(sub).id, price: basic.id }];
      await none(preview());
      await none(preview({ items, proration_behavior: 'none' }));
      const changed = await preview({ items, proration_behavior: 'always_invoice' });
      expect(changed.lines.data.map((line) => line.amount > 0)).toEqual([false, true]);
      expect((await preview({ items })).lines.data).toHaveLength(2); // with the last invoice, and no renewal
      const back = 'cancel_at' in way ? { cancel_at: '' as const } : { cancel_at_period_end: false };
      expect((await preview(back)).total).toBe(4950);
      expect((await preview({ ...back, items, proration_behavior: 'none' })).total).toBe(2450);
      expect((await preview({ cancel_at: '' })).total).toBe(4950);
      expect((await refused(preview({ cancel_at_period_end: false, cancel_at: '' }))).code).toBe(
        'parameters_exclusive',
      );
      expect((await now(sub.id)).cancel_at).not.toBeNull();
    });
  });

  test('clearing the flag leaves a `cancel_at` that was set without it (stripe.md 43)', async () => {
    const { sub, schedule } = await scheduled(stripe);
    await stripe.subscriptionSchedules.release(schedule.id);
    await stripe.subscriptions.update(sub.id, { cancel_at: 'min_period_end' });
    const preview = stripe.invoices.createPreview({
      subscription: sub.id,
      subscription_details: { cancel_at_period_end: false },
    });
    expect((await refused(preview)).code).toBe('invoice_upcoming_none');
  });
});
