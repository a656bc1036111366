import type Stripe from 'stripe';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Bench, customerWith, day, open, refused, START } from '../testing';
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

const to = (date: string) => bench.local('advance', { to: Date.parse(date) / 1000 });
const item = (sub: Stripe.Subscription) => sub.items.data[0] as Stripe.SubscriptionItem;
const now = (id: string) => stripe.subscriptions.retrieve(id);
const totals = async (sub: string) =>
  (await stripe.invoices.list({ subscription: sub, limit: 100 })).data
    .reverse()
    .map((one) => [one.billing_reason, one.total]);

describe('a schedule made from a subscription', () => {
  test('takes its settings as defaults, its discounts and its tax into the phase', async () => {
    const pm = await customerWith(stripe, 'pm_card_visa', { address: { country: 'LU' } });
    const method = (await stripe.customers.listPaymentMethods(pm.id)).data[0]?.id as string;
    const { sub, schedule, first } = await scheduled(stripe, {
      customer: pm.id,
      automatic_tax: { enabled: true },
      default_payment_method: method,
      description: 'The shop',
    });
    expect(schedule.default_settings).toMatchObject({
      automatic_tax: { enabled: true },
      collection_method: 'charge_automatically',
      default_payment_method: method,
      description: 'The shop',
    });
    expect(first).toMatchObject({
      automatic_tax: { enabled: true },
      collection_method: null,
      default_payment_method: null,
      discounts: [{ coupon: null, discount: sub.discounts[0], promotion_code: null }],
      metadata: {},
      trial_end: null,
    });
    expect(schedule.end_behavior).toBe('release');
  });

  test('takes over a cancellation that was asked for, and gives it back only when told to', async () => {
    const { sub, schedule } = await scheduled(stripe);
    await stripe.subscriptionSchedules.release(schedule.id);
    const asked = await stripe.subscriptions.update(sub.id, { cancel_at_period_end: true });
    const again = await stripe.subscriptionSchedules.create({ from_subscription: sub.id });
    expect([again.end_behavior, (await now(sub.id)).cancel_at]).toEqual(['cancel', asked.cancel_at]);
    await stripe.subscriptionSchedules.release(again.id, { preserve_cancel_date: true });
    expect(await now(sub.id)).toMatchObject({ schedule: null, cancel_at: asked.cancel_at });
    const third = await stripe.subscriptionSchedules.create({ from_subscription: sub.id });
    await stripe.subscriptionSchedules.release(third.id);
    expect(await now(sub.id)).toMatchObject({ cancel_at: null, canceled_at: null });
  });

  test('ends the subscription where `end_behavior` says so, announced from its last phase on', async () => {
    const { sub, current, coming, rewrite } = await scheduled(stripe);
    await rewrite([current, coming], { end_behavior: 'cancel' });
    expect((await now(sub.id)).cancel_at).toBeNull();
    await to('2026-02-16');
    expect(day((await now(sub.id)).cancel_at)).toBe('2026-03-15');
    await to('2026-03-16');
    expect((await now(sub.id)).status).toBe('canceled');
  });
});

describe('the discounts of a phase', () => {
  test('bug: phases without discounts kept those of the subscription; it loses them, the running phase at once', async () => {
    const { sub, current, coming, rewrite } = await scheduled(stripe);
    await rewrite([current, coming]);
    expect((await now(sub.id)).discounts).toEqual([]);
    expect((await stripe.events.list({ type: 'customer.discount.deleted' })).data).toHaveLength(1);
    await to('2026-02-16');
    expect(await totals(sub.id)).toEqual([
      ['subscription_create', 4950],
      ['subscription_cycle', 4900],
    ]);
  });

  test('named in the running phase only, they go when the next one begins, as its preview says', async () => {
    const { sub, schedule, current, coming, rewrite, own } = await scheduled(stripe);
    await rewrite([{ ...current, discounts: own }, coming]);
    expect((await now(sub.id)).discounts).toEqual(sub.discounts);
    expect((await stripe.invoices.createPreview({ subscription: sub.id })).total).toBe(4900);
    expect((await stripe.invoices.createPreview({ schedule: schedule.id })).total).toBe(4900);
    await to('2026-02-08T13:00:00Z');
    const [upcoming] = (await stripe.events.list({ type: 'invoice.upcoming' })).data;
    expect(upcoming?.data.object).toMatchObject({ total: 4900 });
    await to('2026-02-16');
    expect((await now(sub.id)).discounts).toEqual([]);
    expect((await totals(sub.id)).at(-1)).toEqual(['subscription_cycle', 4900]);
  });

  test('`discount` goes on with the same one and its end; `coupon` redeems it anew', async () => {
    const months = { percent_off: 50, duration: 'repeating', duration_in_months: 3 } as const;
    const { sub, half, current, coming, rewrite, own } = await scheduled(stripe, {}, months);
    const both = { ...coming, discounts: own };
    await rewrite([{ ...current, discounts: own }, both]);
    await to('2026-02-16');
    const kept = await stripe.subscriptions.retrieve(sub.id, { expand: ['discounts'] });
    expect(kept.discounts).toMatchObject([{ id: sub.discounts[0], start: START }]);
    expect((await totals(sub.id)).at(-1)).toEqual(['subscription_cycle', 2450]);
    const running = (await stripe.subscriptionSchedules.retrieve(kept.schedule as string)).phases[1];
    await rewrite([{ ...both, discounts: [{ coupon: half.id }], start_date: running?.start_date as number }]);
    const anew = await stripe.subscriptions.retrieve(sub.id, { expand: ['discounts'] });
    const [discount] = anew.discounts as Stripe.Discount[];
    expect([discount?.id === sub.discounts[0], day(discount?.start)]).toEqual([false, '2026-02-16']);
  });

  test('one that is used up is not granted again', async () => {
    const { sub, current, coming, rewrite, own } = await scheduled(
      stripe,
      {},
      { percent_off: 50, duration: 'once' },
    );
    expect((await now(sub.id)).discounts).toEqual([]);
    await rewrite([current, { ...coming, discounts: own }]);
    await to('2026-02-16');
    expect((await totals(sub.id)).at(-1)).toEqual(['subscription_cycle', 4900]);
  });

  test('what cannot be redeemed is refused before anything changes', async () => {
    const { sub, schedule, current, coming, rewrite, own } = await scheduled(stripe);
    const other = await scheduled(stripe);
    for (const discounts of [[{ coupon: 'none' }], other.own]) {
      const tried = rewrite([
        { ...current, discounts: own },
        { ...coming, discounts },
      ]);
      expect((await refused(tried)).code).toBe('resource_missing');
    }
    const onItem = { ...coming, items: [{ ...coming.items[0], discounts: [{ coupon: 'none' }] }] };
    await refused(rewrite([current, onItem]));
    expect((await stripe.subscriptionSchedules.retrieve(schedule.id)).phases).toHaveLength(1);
    expect((await now(sub.id)).discounts).toEqual(sub.discounts);
  });

  test('a discount given to the subscription is the running phase’s, not the next one’s', async () => {
    const { sub, schedule, half, current, coming, rewrite } = await scheduled(stripe);
    await rewrite([current, coming]);
    const { discounts } = await stripe.subscriptions.update(sub.id, { discounts: [{ coupon: half.id }] });
    const { phases } = await stripe.subscriptionSchedules.retrieve(schedule.id);
    expect(phases.map((phase) => phase.discounts.map((one) => one.discount))).toEqual([discounts, []]);
    await to('2026-02-16');
    expect((await totals(sub.id)).at(-1)).toEqual(['subscription_cycle', 4900]);
  });
});

describe('what else a phase says', () => {
  test('automatic tax, card and description go on where it is silent; named, they change with it', async () => {
    const customer = await customerWith(stripe, 'pm_card_visa', { address: { country: 'LU' } });
    const method = (await stripe.customers.listPaymentMethods(customer.id)).data[0]?.id as string;
    const kept = {
      automatic_tax: { enabled: true },
      default_payment_method: method,
      description: 'The shop',
    };
    const { sub, current, coming, rewrite } = await scheduled(stripe, { customer: customer.id, ...kept });
    const changed = await rewrite([
      current,
      coming,
      { ...coming, automatic_tax: { enabled: false }, description: 'Another shop' },
    ]);
    expect(changed.phases.map((phase) => 'automatic_tax' in phase)).toEqual([false, false, true]);
    expect(await now(sub.id)).toMatchObject(kept);
    await to('2026-02-16');
    expect(await now(sub.id)).toMatchObject(kept);
    expect((await totals(sub.id)).at(-1)?.[1]).toBe(4900 + 833);
    const preview = await stripe.invoices.createPreview({ subscription: sub.id });
    expect([preview.total, preview.automatic_tax.enabled]).toEqual([4900, false]);
    await to('2026-03-16');
    expect(await now(sub.id)).toMatchObject({
      ...kept,
      automatic_tax: { enabled: false },
      description: 'Another shop',
    });
    expect((await totals(sub.id)).at(-1)?.[1]).toBe(4900);
  });

  test('a card set on the subscription meanwhile stays when the next phase begins', async () => {
    const { sub, customer, current, coming, rewrite } = await scheduled(stripe);
    await rewrite([current, coming]);
    const card = await stripe.paymentMethods.attach('pm_card_mastercard', { customer: customer.id });
    await stripe.subscriptions.update(sub.id, { default_payment_method: card.id });
    await to('2026-02-16');
    expect((await now(sub.id)).default_payment_method).toBe(card.id);
  });

  test('defaults given alone wait for the next phase', async () => {
    const { sub, schedule, current, coming, rewrite } = await scheduled(stripe);
    await rewrite([current, coming]);
    await stripe.subscriptionSchedules.update(schedule.id, {
      default_settings: { automatic_tax: { enabled: true } },
    });
    expect((await now(sub.id)).automatic_tax.enabled).toBe(false);
    await to('2026-02-16');
    expect((await now(sub.id)).automatic_tax.enabled).toBe(true);
  });

  test('metadata is added key by key, an empty value takes its key away', async () => {
    const { sub, current, coming, rewrite, pro } = await scheduled(stripe, {
      metadata: { channel: 'self-serve', region: 'lu', old: '1' },
    });
    const items = [{ price: pro.id, metadata: { seat: 'first' } }];
    await rewrite([current, { ...coming, items, metadata: { channel: 'sales', old: '' } }]);
    expect((await now(sub.id)).metadata).toEqual({ channel: 'self-serve', region: 'lu', old: '1' });
    await to('2026-02-16');
    const after = await now(sub.id);
    expect(after.metadata).toEqual({ channel: 'sales', region: 'lu' });
    expect([item(after).id, item(after).metadata]).toEqual([item(sub).id, { seat: 'first' }]);
  });

  test('a trial goes on only where the running phase names its end; else it is over and billed', async () => {
    const trial = { trial_period_days: 14 };
    const { sub, first, current, coming, rewrite, own } = await scheduled(stripe, trial);
    const discounts = own;
    await rewrite([{ ...current, discounts, trial_end: first.trial_end as number }, coming]);
    expect(await now(sub.id)).toMatchObject({ status: 'trialing', trial_end: first.trial_end });
    await rewrite([{ ...current, discounts }, coming]);
    expect((await now(sub.id)).status).toBe('active');
    expect(await totals(sub.id)).toEqual([
      ['subscription_create', 0],
      ['subscription_update', 4950],
    ]);
  });

  test('the running phase’s items change at once, prorated as the request says', async () => {
    const { sub, basic, current, coming, rewrite, own } = await scheduled(stripe);
    await bench.local('advance', { days: 10 });
    const lower = { ...current, items: [{ price: basic.id }], discounts: own };
    await rewrite([lower, coming]);
    expect(item(await now(sub.id))).toMatchObject({ id: item(sub).id, price: { id: basic.id } });
    expect(await totals(sub.id)).toHaveLength(1);
    await rewrite([{ ...current, discounts: own }, coming], { proration_behavior: 'always_invoice' });
    expect((await totals(sub.id)).at(-1)?.[0]).toBe('subscription_update');
  });

  test('`now` ends the running phase and begins the next; what is past stays to be read', async () => {
    const { sub, schedule, basic, current, coming, rewrite } = await scheduled(stripe);
    await bench.local('advance', { days: 10 });
    await rewrite([
      { ...current, end_date: 'now' },
      { ...coming, start_date: 'now' },
    ]);
    expect(item(await now(sub.id)).price.id).toBe(basic.id);
    const [, second] = (await stripe.subscriptionSchedules.retrieve(schedule.id)).phases;
    const { phases } = await rewrite([{ ...coming, start_date: second?.start_date as number }, coming]);
    expect(phases).toHaveLength(3);
    const silent = await refused(rewrite([coming]));
    expect([silent.code, silent.param]).toEqual(['parameter_missing', 'phases[0][start_date]']);
  });
});
