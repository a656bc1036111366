/**
 * Bodies of subscriptions, invoices and what hangs on them, held against the shapes of recorded test-mode answers
 * (recorded-subscriptions.json: keys, types, nullability; facts only). The recordings are older than the version that local
 * Stripe speaks: what is newer stands in one list below.
 */
import { readFileSync } from 'node:fs';
import type Stripe from 'stripe';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Bench, customerWith, open, price, START } from '../testing';

interface Key {
  types: string[];
  nullable?: boolean;
  sometimes?: boolean;
  only?: string;
}
const { objects } = JSON.parse(
  readFileSync(new URL('./recorded-subscriptions.json', import.meta.url), 'utf8'),
) as { objects: Record<string, Record<string, Key>> };

/** In the declarations of 2026-10-28.endive, and not in the recordings of clover and dahlia. */
const NEWER: Record<string, string[]> = {
  subscription: [
    'billing_schedules',
    'cancellation_details.feedback_option',
    'customer_account',
    'managed_payments',
    'trial_settings.end_behavior.billing_cycle_anchor',
    'invoice_settings.custom_fields',
    'invoice_settings.description',
    'invoice_settings.footer',
  ],
  subscription_item: ['current_trial'],
  plan: [],
  invoice: ['payment_settings.default_mandate', 'customer_account'],
  line_item: ['quantity_decimal', 'subtotal'],
  invoice_payment: [],
  invoiceitem: ['net_amount', 'proration_details', 'customer_account', 'quantity_decimal'],
  coupon: [],
  discount: ['customer_account'],
};

let bench: Bench;
let stripe: Stripe;
const bodies: Record<string, object[]> = {};
beforeAll(async () => {
  bench = await open();
  stripe = bench.stripe;
  await bench.local('reset', { at: START });
  await tell();
});
afterAll(() => bench.close());

async function get(path: string): Promise<Record<string, unknown>> {
  const answer = await fetch(`${bench.running.url}/v1/${path}`, {
    headers: { authorization: 'Bearer sk_test_local' },
  });
  return (await answer.json()) as Record<string, unknown>;
}

/** The instances of every kind: each in more than one state. */
async function tell(): Promise<void> {
  const pro = await price(stripe, 'Professional', 9900);
  const yearly = await price(stripe, 'Professional yearly', 99000, 'year');
  const customer = await customerWith(stripe, 'pm_card_visa');
  const coupon = await stripe.coupons.create({ percent_off: 20, duration: 'forever', name: 'Fifth' });
  const make = (given: Partial<Stripe.SubscriptionCreateParams>) =>
    stripe.subscriptions.create({ customer: customer.id, items: [{ price: pro.id }], ...given });
  const plain = await make({});
  const discounted = await make({ discounts: [{ coupon: coupon.id }] });
  await make({ trial_period_days: 14 });
  const cancelling = await make({});
  await stripe.subscriptions.update(cancelling.id, { cancel_at_period_end: true });
  const over = await make({});
  await stripe.subscriptions.cancel(over.id);
  const declined = await customerWith(stripe, 'pm_card_authenticationRequired');
  await stripe.subscriptions.create({ customer: declined.id, items: [{ price: pro.id }] });
  await stripe.subscriptions.update(plain.id, {
    items: [{ id: String(plain.items.data[0]?.id), price: yearly.id }],
    proration_behavior: 'always_invoice',
  });
  await stripe.invoiceItems.create({
    customer: customer.id,
    amount: 2500,
    currency: 'eur',
    discounts: [{ coupon: coupon.id }],
  });
  await stripe.invoiceItems.create({ customer: customer.id, pricing: { price: (await oneTime()).id } });
  const manual = await stripe.invoices.create({
    customer: customer.id,
    pending_invoice_items_behavior: 'include',
  });
  await stripe.invoices.finalizeInvoice(manual.id);
  await stripe.invoices.create({ customer: customer.id, description: 'A draft' });

  const list = async (path: string) => ((await get(path)).data ?? []) as Record<string, unknown>[];
  bodies.subscription = await list('subscriptions?status=all&limit=100');
  bodies.subscription_item = bodies.subscription.flatMap((one) => within(one, 'items'));
  bodies.plan = bodies.subscription_item.map((one) => (one as { plan: object }).plan);
  bodies.invoice = await list('invoices?limit=100');
  bodies.line_item = bodies.invoice.flatMap((one) => within(one, 'lines'));
  bodies.invoice_payment = await list('invoice_payments?limit=100');
  // No proration was recorded.
  bodies.invoiceitem = (await list('invoiceitems?limit=100')).filter((one) => one.proration === false);
  bodies.coupon = await list('coupons');
  bodies.discount = [
    (await get(`subscriptions/${discounted.id}?expand[]=discounts`)).discounts as object[],
  ].flat();
}

function within(of: object, key: string): object[] {
  return (of as Record<string, { data: object[] }>)[key]?.data ?? [];
}

const oneTime = () =>
  stripe.prices.create({ currency: 'eur', unit_amount: 1200, product_data: { name: 'Set-up' } });

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  if (typeof value !== 'object') return typeof value;
  const name = (value as { object?: unknown }).object;
  return typeof name === 'string' ? `object:${name}` : 'object';
}

/** Every path in a body with the types met, as the recordings name them: other objects are not looked into. */
function flatten(body: unknown, at: string, into: Map<string, Set<string>>): void {
  if (Array.isArray(body)) {
    for (const one of body) note(one, `${at}[]`, into);
    return;
  }
  for (const [key, value] of Object.entries(body as object)) note(value, at ? `${at}.${key}` : key, into);
}

function note(value: unknown, at: string, into: Map<string, Set<string>>): void {
  const type = typeOf(value);
  into.set(at, (into.get(at) ?? new Set()).add(type));
  if (/(^|\.)metadata$/.test(at)) return;
  if (type === 'array' || type === 'object' || type === 'object:list') flatten(value, at, into);
}

/** A reference is an id here, and an object where the recording asked for it. */
function fits(type: string, key: Key): boolean {
  if (type === 'null') return key.nullable === true;
  if (key.types.length === 0) return true; // only null was seen
  if (type === 'integer' && key.types.includes('number')) return true;
  return (
    key.types.includes(type) || (type === 'string' && key.types.some((one) => one.startsWith('object:')))
  );
}

test.each(Object.keys(objects))('%s is as recorded', (name) => {
  const keys = objects[name] ?? {};
  const seen = bodies[name] ?? [];
  expect(seen.length).toBeGreaterThan(0);
  const problems = new Set<string>();
  for (const body of seen) {
    const found = new Map<string, Set<string>>();
    flatten(body, '', found);
    for (const [path, types] of found) {
      const key = keys[path];
      const newer = NEWER[name]?.some(
        (one) => path === one || path.startsWith(`${one}.`) || path.startsWith(`${one}[`),
      );
      if (!key && !newer) problems.add(`${path}: not in the recordings`);
      for (const type of types) if (key && !fits(type, key)) problems.add(`${path}: ${type}`);
    }
    for (const [path, key] of Object.entries(keys)) {
      const parent = path.replace(/(\.[^.]+|\[\])$/, '');
      const there =
        parent === path || found.get(parent)?.has('object') || found.get(parent)?.has('object:list');
      const expected = !key.sometimes && !path.endsWith('[]') && there;
      if (expected && !found.has(path)) problems.add(`${path}: missing`);
    }
  }
  expect([...problems]).toEqual([]);
});

type Body = Record<string, never> & {
  lines: { data: Stripe.InvoiceLineItem[]; total_count: number };
} & Stripe.Invoice;
const invoices = () => (bodies.invoice ?? []) as Body[];
const sum = (amounts: number[]) => amounts.reduce((total, amount) => total + amount, 0);

test('amounts of an invoice hang together as recorded (stripe.md G8)', () => {
  for (const one of invoices()) {
    const gross = sum(one.lines.data.map((line) => line.amount));
    const own = sum(
      one.lines.data.flatMap((line) =>
        (line.discount_amounts ?? [])
          .filter((off) => line.discounts.includes(off.discount as string))
          .map((off) => off.amount),
      ),
    );
    expect(one.subtotal).toBe(gross - own);
    expect(one.total).toBe(gross - sum((one.total_discount_amounts ?? []).map((off) => off.amount)));
    expect(one.amount_remaining).toBe(one.amount_due - one.amount_paid);
    expect(one.lines.total_count).toBe(one.lines.data.length);
  }
  const manual = invoices().find((one) => one.lines.data.some((line) => line.discounts.length > 0));
  expect([manual?.subtotal, manual?.total]).toEqual([3200, 3200]); // 25.00 less a fifth, and 12.00
});

test('states and periods of an invoice are as recorded (stripe.md G6, F13)', () => {
  for (const one of invoices()) {
    if (one.status === 'draft')
      expect([one.number, one.hosted_invoice_url, one.effective_at, one.ending_balance]).toEqual([
        null,
        null,
        null,
        null,
      ]);
    else expect(one.effective_at).toBe(one.status_transitions.finalized_at);
    if (one.status === 'paid')
      expect([one.auto_advance, one.attempted, one.attempt_count]).toEqual([
        false,
        true,
        one.amount_due > 0 ? 1 : 0,
      ]);
    expect(one.rendering === null).toBe(one.billing_reason !== 'manual');
    if (one.billing_reason === 'subscription_create') expect(one.period_start).toBe(one.period_end);
    if (one.billing_reason === 'subscription_update')
      expect([one.period_start, one.period_end]).toEqual(
        [START, one.created].map((at) => expect.closeTo(at, -1)),
      );
  }
});

test('lines are as recorded (stripe.md G9, G11, F13)', () => {
  const lines = invoices().flatMap((one) => one.lines.data);
  for (const line of lines) {
    expect(line).not.toHaveProperty('subscription');
    const item = line.parent?.subscription_item_details;
    if (item?.proration) {
      expect([line.discountable, line.pricing?.unit_amount_decimal]).toEqual([false, null]);
      expect(item.invoice_item).toMatch(/^ii_/);
      expect(item.proration_details?.credited_items === null).toBe(line.amount >= 0);
    }
  }
  const trial = lines.find((line) => /trial/i.test(line.description ?? ''));
  expect([trial?.amount, trial?.pricing?.unit_amount_decimal]).toEqual([0, '0']);
  const discounted = lines.find((line) => line.amount === 9900 && (line.discount_amounts ?? []).length > 0);
  expect(discounted?.discounts).toEqual([]);
});

test('the intent of an invoice is as recorded (stripe.md G7, G10)', async () => {
  const words = new Set<string>();
  for (const one of (bodies.invoice_payment ?? []) as Stripe.InvoicePayment[]) {
    const intent = await get(`payment_intents/${String(one.payment.payment_intent)}`);
    words.add(String(intent.description));
    expect(intent).toMatchObject({
      capture_method: 'automatic',
      automatic_payment_methods: null,
      setup_future_usage: 'off_session',
      payment_details: { customer_reference: null, order_reference: one.invoice },
    });
    if (intent.status === 'requires_action')
      expect(intent.next_action).toMatchObject({ type: 'use_stripe_sdk' });
  }
  expect([...words].sort()).toEqual(['Payment for Invoice', 'Subscription creation', 'Subscription update']);
});
