/** Changes of plan, now and with the period. https://docs.stripe.com/billing/subscriptions/change */
import type Stripe from 'stripe';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Bench, customerWith, day, open, price, refused, START } from '../testing';

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

const to = async (date: string) => {
  const moved = await bench.local('advance', { to: Date.parse(date) / 1000 });
  expect(moved).toMatchObject({ status: 200 });
};
const item = (sub: Stripe.Subscription) => sub.items.data[0] as Stripe.SubscriptionItem;
const totals = async (sub: string) =>
  (await stripe.invoices.list({ subscription: sub, limit: 100 })).data
    .reverse()
    .map((one) => [one.billing_reason, one.status, one.total]);

describe('changes of plan', () => {
  async function subscribed(card = 'pm_card_visa', amount = 9900) {
    const pro = await price(stripe, 'Professional', amount);
    const customer = await customerWith(stripe, card);
    return {
      customer,
      pro,
      sub: await stripe.subscriptions.create({ customer: customer.id, items: [{ price: pro.id }] }),
    };
  }

  test('the preview is what the upgrade then costs, credits first (stripe.md 22, 41)', async () => {
    const { sub } = await subscribed();
    const business = await price(stripe, 'Business', 19900);
    await bench.local('advance', { days: 10 });
    const proration_date = START + 10 * 86400;
    const items = [{ id: item(sub).id, price: business.id }];
    const preview = await stripe.invoices.createPreview({
      subscription: sub.id,
      subscription_details: { items, proration_behavior: 'always_invoice', proration_date },
    });
    expect(preview.lines.data.map((line) => line.amount)).toEqual([-6706, 13481]);
    const after = await stripe.subscriptions.update(sub.id, {
      items,
      proration_behavior: 'always_invoice',
      proration_date,
      payment_behavior: 'pending_if_incomplete',
      expand: ['latest_invoice'],
    });
    expect(after.pending_update).toBeNull();
    expect((after.latest_invoice as Stripe.Invoice).total).toBe(preview.total);
    expect(item(after).price.id).toBe(business.id);
  });

  test('going up and back at once costs nothing', async () => {
    const { sub, pro } = await subscribed();
    const business = await price(stripe, 'Business', 19900);
    await bench.local('advance', { days: 10 });
    const proration_date = START + 10 * 86400;
    for (const to of [business, pro]) {
      await stripe.subscriptions.update(sub.id, {
        items: [{ id: item(sub).id, price: to.id }],
        proration_behavior: 'always_invoice',
        proration_date,
      });
    }
    const sum = (await totals(sub.id)).slice(1).reduce((total, row) => total + Number(row[2]), 0);
    expect(sum).toBe(0);
    const customer = (await stripe.customers.retrieve(sub.customer as string)) as Stripe.Customer;
    expect(customer.balance).toBe(-6775);
  });

  test('a decline leaves a pending update that paying applies', async () => {
    const { sub, customer, pro } = await subscribed();
    const bad = await stripe.paymentMethods.attach('pm_card_chargeCustomerFail', { customer: customer.id });
    await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: bad.id } });
    const business = await price(stripe, 'Business', 19900);
    const change = {
      items: [{ id: item(sub).id, price: business.id }],
      proration_behavior: 'always_invoice',
      payment_behavior: 'pending_if_incomplete',
    } satisfies Stripe.SubscriptionUpdateParams;
    const held = await stripe.subscriptions.update(sub.id, change);
    expect([item(held).price.id, held.status]).toEqual([pro.id, 'active']);
    expect(held.pending_update?.subscription_items?.[0]?.price.id).toBe(business.id);
    const good = await stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id });
    await stripe.invoices.pay(held.latest_invoice as string, { payment_method: good.id });
    const paid = await stripe.subscriptions.retrieve(sub.id);
    expect([item(paid).price.id, paid.pending_update]).toEqual([business.id, null]);
  });

  test('an unpaid pending update is dropped after 23 hours and its invoice is void', async () => {
    const { sub, customer, pro } = await subscribed();
    const card = await stripe.paymentMethods.attach('pm_card_authenticationRequired', {
      customer: customer.id,
    });
    await stripe.subscriptions.update(sub.id, { default_payment_method: card.id });
    const business = await price(stripe, 'Business', 19900);
    const held = await stripe.subscriptions.update(sub.id, {
      items: [{ id: item(sub).id, price: business.id }],
      proration_behavior: 'always_invoice',
      payment_behavior: 'pending_if_incomplete',
    });
    expect(held.pending_update).not.toBeNull();
    const names = (await stripe.events.list({ limit: 30 })).data.map((one) => one.type);
    expect(names).toContain('invoice.payment_action_required');
    await bench.local('advance', { days: 1 });
    const after = await stripe.subscriptions.retrieve(sub.id);
    expect([after.pending_update, item(after).price.id]).toEqual([null, pro.id]);
    expect((await stripe.invoices.retrieve(held.latest_invoice as string)).status).toBe('void');
  });

  test('create_prorations waits for the next invoice', async () => {
    const { sub } = await subscribed();
    const business = await price(stripe, 'Business', 19900);
    await bench.local('advance', { days: 10 });
    await stripe.subscriptions.update(sub.id, {
      items: [{ id: item(sub).id, price: business.id }],
      proration_date: START + 10 * 86400,
    });
    expect(await totals(sub.id)).toHaveLength(1);
    await to('2026-02-16');
    const renewal = (await stripe.invoices.list({ subscription: sub.id })).data[0];
    expect(renewal?.lines.data.map((line) => line.amount)).toEqual([-6706, 13481, 19900]);
  });

  test('a downgrade by schedule, and cancelling is refused meanwhile (stripe.md 42)', async () => {
    const { sub, pro } = await subscribed();
    const essential = await price(stripe, 'Essential', 4900);
    const schedule = await stripe.subscriptionSchedules.create({ from_subscription: sub.id });
    const [phase] = schedule.phases;
    await stripe.subscriptionSchedules.update(schedule.id, {
      end_behavior: 'release',
      phases: [
        { items: [{ price: pro.id }], start_date: phase?.start_date ?? 0, end_date: phase?.end_date ?? 0 },
        {
          items: [{ price: essential.id }],
          duration: { interval: 'month' },
          proration_behavior: 'none',
          metadata: { tier: 'essential' },
        },
      ],
    });
    expect(
      (await refused(stripe.subscriptions.update(sub.id, { cancel_at_period_end: true }))).message,
    ).toContain('managed by the subscription schedule');
    expect((await stripe.invoices.createPreview({ subscription: sub.id })).total).toBe(4900);
    await to('2026-02-16');
    const after = await stripe.subscriptions.retrieve(sub.id);
    expect([item(after).price.id, item(after).id, after.metadata]).toEqual([
      essential.id,
      item(sub).id,
      { tier: 'essential' },
    ]);
    expect(await totals(sub.id)).toEqual([
      ['subscription_create', 'paid', 9900],
      ['subscription_cycle', 'paid', 4900],
    ]);
    await to('2026-03-16');
    expect((await stripe.subscriptionSchedules.retrieve(schedule.id)).status).toBe('released');
    expect((await stripe.subscriptions.retrieve(sub.id)).schedule).toBeNull();
  });

  test('cancel at period end, reactivate, cancel again, over', async () => {
    const { sub } = await subscribed();
    const asked = await stripe.subscriptions.update(sub.id, { cancel_at_period_end: true });
    expect([day(asked.cancel_at), asked.status]).toEqual(['2026-02-15', 'active']);
    const back = await stripe.subscriptions.update(sub.id, { cancel_at_period_end: false });
    expect([back.cancel_at, back.canceled_at]).toEqual([null, null]);
    const exact = await stripe.subscriptions.update(sub.id, { cancel_at: 'min_period_end' });
    expect([day(exact.cancel_at), exact.cancel_at_period_end]).toEqual(['2026-02-15', false]);
    const both = stripe.subscriptions.update(sub.id, { cancel_at_period_end: false, cancel_at: '' });
    expect((await refused(both)).code).toBe('parameters_exclusive');
    expect((await refused(stripe.invoices.createPreview({ subscription: sub.id }))).code).toBe(
      'invoice_upcoming_none',
    );
    await to('2026-02-16');
    const over = await stripe.subscriptions.retrieve(sub.id);
    expect([over.status, day(over.ended_at)]).toEqual(['canceled', '2026-02-15']);
    expect((await stripe.events.list({ type: 'customer.subscription.deleted' })).data).toHaveLength(1);
  });
});
