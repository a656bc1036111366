import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  addOns,
  checkoutSessions,
  creditPackages,
  customers,
  invoices,
  settings,
  tierPrices,
} from '@/db/schema';
import { billingDetailsInput, updateBillingDetails } from '@/lib/billing/customers/billing-details';
import { openPortal } from '@/lib/billing/customers/portal';
import { applyPush } from '@/lib/billing/plans/push';
import { findFreshInvoice, previewUpcomingInvoice } from '@/lib/billing/reports/invoices';
import { callStripe } from '@/lib/stripe/client';
import { readInvoice } from '@/lib/stripe/invoice-snapshot';
import { readSubscription } from '@/lib/stripe/subscription-snapshot';
import { toUnix } from '@/lib/time';
import { openStage, type Shop, type Stage } from '@/testing/stage';
import { startAddOnCheckout } from './add-ons';
import { setSubscription, subscriptionPut } from './by-hand';
import { cancelSubscription, reactivateSubscription } from './cancellation';
import { changeTier } from './change';
import { previewChange } from './change-preview';
import { askedOf } from './checkout-params';
import { startCreditCheckout } from './credit-checkout';

// What Stripe refuses, or means by a request: each was a 500, or another charge than was said, on a real account.

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

type Subscriber = Awaited<ReturnType<Stage['subscriber']>>;
const wish = async (shop: Subscriber, tierCode: string, interval: 'month' | 'year' = 'month') => ({
  ...(await stage.by(shop)),
  tierCode,
  interval,
});
const portal = async (shop: Shop) =>
  openPortal(stage.db, stage.stripe, {
    merchantId: shop.account.merchantId,
    returnUrl: 'http://shop.test/b',
    ...(await stage.by(shop)),
  });
const customerOf = async (shop: Shop) => {
  const [row] = await stage.db
    .select()
    .from(customers)
    .where(eq(customers.merchantId, shop.account.merchantId));
  return row?.stripeCustomerId ?? '';
};

describe('a customer that was deleted at Stripe, unheard', () => {
  test('is replaced by the next purchase, and by the portal', async () => {
    const shop = await stage.merchant();
    await stage.checkout(shop);
    const first = await customerOf(shop);
    await stage.stripe.customers.del(first);
    expect((await portal(shop)).portalUrl).toContain('http');
    const second = await customerOf(shop);
    expect(second).not.toBe(first);
    await stage.advance(1);
    await stage.stripe.customers.del(second);
    const { sessionId } = await stage.checkout(shop, 'business');
    const session = await stage.stripe.checkout.sessions.retrieve(sessionId);
    expect(session.customer).toBe(await customerOf(shop));
    expect(session.customer).not.toBe(second);
    // The moment of a deletion is whole seconds, and part of the next customer's key.
    await stage.advance(1);
    await stage.stripe.customers.del(await customerOf(shop));
    const request = { ...(await stage.request(shop)), packageCode: '' };
    const [pack] = await stage.db.select().from(creditPackages).limit(1);
    expect(
      (await startCreditCheckout(stage.db, stage.stripe, { ...request, packageCode: pack?.code ?? '' }))
        .sessionId,
    ).toMatch(/^cs_/);
  });
});

describe('the portal configuration', () => {
  const keep = (value: string) =>
    stage.db
      .insert(settings)
      .values({ name: 'portal_configuration', value })
      .onConflictDoUpdate({ target: settings.name, set: { value } });
  const kept = async () => {
    const [row] = await stage.db.select().from(settings).where(eq(settings.name, 'portal_configuration'));
    return String(row?.value);
  };

  test('lets people change a tax id only without Stripe Tax, which would believe any, and follows the setting', async () => {
    const shop = await stage.merchant();
    const allowed = async (automaticTax: boolean) => {
      const by = await stage.by(shop);
      await openPortal(stage.db, stage.stripe, {
        ...by,
        tax: { ...by.tax, automaticTax },
        merchantId: shop.account.merchantId,
        returnUrl: 'http://shop.test/b',
      });
      const { features } = await stage.stripe.billingPortal.configurations.retrieve(await kept());
      return features.customer_update.allowed_updates;
    };
    expect(await allowed(true)).toEqual(['name', 'email', 'address']);
    expect(await allowed(false)).toEqual(['name', 'email', 'address', 'tax_id']);
    expect(await allowed(true)).not.toContain('tax_id');
  });

  test('of another account is made anew', async () => {
    const shop = await stage.merchant();
    await keep('bpc_of_another_account');
    expect((await portal(shop)).portalUrl).toContain('http');
    expect(await kept()).not.toBe('bpc_of_another_account');
  });

  test('that somebody switched off is made anew, once for two at the same time', async () => {
    const shop = await stage.merchant();
    await portal(shop);
    const former = await kept();
    await stage.stripe.billingPortal.configurations.update(former, { active: false });
    await Promise.all([portal(shop), portal(shop)]);
    const now = await kept();
    expect(now).not.toBe(former);
    expect((await stage.stripe.billingPortal.configurations.retrieve(now)).active).toBe(true);
  });
});

describe('a session that is open', () => {
  test('at a price that was raised meanwhile is not handed out again', async () => {
    const shop = await stage.merchant();
    const first = await stage.checkout(shop);
    const before = await stage.stripe.checkout.sessions.retrieve(first.sessionId);
    await raise('professional', 100);
    const second = await stage.checkout(shop);
    expect(second.sessionId).not.toBe(first.sessionId);
    const after = await stage.stripe.checkout.sessions.retrieve(second.sessionId);
    expect((after.amount_subtotal ?? 0) - (before.amount_subtotal ?? 0)).toBe(100);
    expect((await stage.stripe.checkout.sessions.retrieve(first.sessionId)).status).toBe('expired');
    await raise('professional', -100);
  });

  test('whose answer was lost an hour ago is given up: its trial may end too soon by now', async () => {
    const shop = await stage.merchant({ trialDays: 30 });
    const { sessionId } = await stage.checkout(shop);
    const mine = eq(checkoutSessions.merchantId, shop.account.merchantId);
    await stage.db
      .update(checkoutSessions)
      .set({ stripeSessionId: null, url: null, createdAt: sql`created_at - interval '2 hours'` })
      .where(mine);
    const again = await stage.checkout(shop);
    expect(again.sessionId).not.toBe(sessionId);
    expect((await stage.stripe.checkout.sessions.retrieve(sessionId)).status).toBe('expired');
  });

  async function raise(code: string, by: number) {
    await stage.db.execute(sql`
      update ${tierPrices} set unit_amount = unit_amount + ${by}
      where interval = 'month' and archived_at is null and tier_id in (select id from tiers where code = ${code})`);
    await applyPush(stage.db, stage.stripe, { kind: 'system', id: 'test' }, await stage.now());
  }
});

test('what is sold in another currency than the plan is refused before Stripe is asked', async () => {
  const shop = await stage.subscriber();
  await stage.db.execute(sql`update ${addOns} set currency = 'USD' where code = 'email_5'`);
  const asked = { ...(await stage.request(shop)), addOnCode: 'email_5' };
  await expect(startAddOnCheckout(stage.db, stage.stripe, asked)).rejects.toThrow(/currency_conflict/);
  await stage.db.execute(sql`update ${addOns} set currency = 'EUR' where code = 'email_5'`);
  expect((await startAddOnCheckout(stage.db, stage.stripe, asked)).sessionId).toMatch(/^cs_/);
});

test('a trial of more than two years cannot be given', async () => {
  const shop = await stage.merchant({ trialDays: 30 });
  const put = async (days: number) =>
    setSubscription(
      stage.db,
      () => stage.stripe,
      shop.account,
      subscriptionPut.parse({ trialEnd: (await stage.daysAhead(days)).toISOString() }),
      await stage.by(shop),
    );
  await expect(put(731)).rejects.toThrow(/validation_failed/);
  await put(729);
  expect((await stage.checkout(shop)).sessionId).toMatch(/^cs_/);
});

test.each([
  ['everything is known', {}, true, { billing_address_collection: 'auto' }],
  [
    'nothing is known',
    { name: '', line1: '', city: '', country: '' },
    false,
    {
      customer_update: { name: 'auto', address: 'auto' },
      billing_address_collection: 'required',
      tax_id_collection: { enabled: true },
    },
  ],
  [
    'nothing is known and Stripe Tax decides',
    { name: '', line1: '', city: '', country: '' },
    true,
    { customer_update: { name: 'auto', address: 'auto' }, billing_address_collection: 'required' },
  ],
  [
    'only the address is missing',
    { line1: '' },
    false,
    { customer_update: { address: 'auto' }, billing_address_collection: 'required' },
  ],
])('Checkout asks for what we do not hold: %s', (_when, gaps, tax, asked) => {
  const row = { name: 'A', line1: 'B 1', postalCode: '1', city: 'C', country: 'LU', vatNumber: null };
  expect(askedOf({ ...row, ...gaps }, tax)).toEqual(asked);
});

describe('a change of plan', () => {
  test('keeps the quantity: a new price alone would make it 1', async () => {
    const shop = await stage.subscriber('essential');
    const { items } = await stage.stripe.subscriptions.retrieve(shop.subscriptionId);
    await stage.stripe.subscriptions.update(shop.subscriptionId, {
      items: [{ id: items.data[0]?.id, quantity: 3 }],
      proration_behavior: 'none',
    });
    await stage.deliverNew();
    await stage.advance(10);
    const said = await previewChange(stage.db, stage.stripe, await wish(shop, 'business'));
    expect(said.nextInvoice.amount).toBe(Math.round(3 * 19_900 * 1.17));
    await changeTier(stage.db, stage.stripe, {
      ...(await wish(shop, 'business')),
      prorationDate: said.prorationDate ?? undefined,
    });
    const after = await stage.stripe.subscriptions.retrieve(shop.subscriptionId, {
      expand: ['latest_invoice'],
    });
    expect(after.items.data[0]).toMatchObject({ quantity: 3, price: { unit_amount: 19_900 } });
    expect(after.latest_invoice).toMatchObject({ total: said.totals?.total });
  });

  test.each([10, 20, 29])('monthly to annual on day %i starts a year, charged as previewed', async (day) => {
    const shop = await stage.subscriber('professional');
    await stage.advance(day);
    const said = await previewChange(stage.db, stage.stripe, await wish(shop, 'professional', 'year'));
    expect(said).toMatchObject({ kind: 'interval', prorationDate: null });
    const at = await stage.now();
    await changeTier(stage.db, stage.stripe, await wish(shop, 'professional', 'year'));
    const after = await stage.stripe.subscriptions.retrieve(shop.subscriptionId, {
      expand: ['latest_invoice'],
    });
    const item = after.items.data[0];
    expect(Math.abs((item?.current_period_start ?? 0) - toUnix(at))).toBeLessThan(120);
    expect(
      new Date(said.nextInvoice.date ?? 0).getTime() / 1000 - (item?.current_period_end ?? 0),
    ).toBeLessThan(120);
    expect((item?.current_period_end ?? 0) - (item?.current_period_start ?? 0)).toBeGreaterThan(364 * 86_400);
    if (typeof after.latest_invoice === 'string') throw new Error('not expanded');
    expect(Math.abs((after.latest_invoice?.total ?? 0) - (said.totals?.total ?? 0))).toBeLessThanOrEqual(2);
    expect(said.nextInvoice.amount).toBe(Math.round(99_000 * 1.17));
  });

  test('to a dearer plan waits until an unpaid invoice is paid', async () => {
    const shop = await stage.subscriber('essential');
    await stage.card(shop.customerId, 'pm_card_chargeCustomerFail');
    await stage.advance(33);
    await stage.deliverNew();
    expect(await stage.current(shop)).toMatchObject({ status: 'past_due' });
    await expect(changeTier(stage.db, stage.stripe, await wish(shop, 'business'))).rejects.toThrow(
      /pay_first/,
    );
    await expect(previewChange(stage.db, stage.stripe, await wish(shop, 'business'))).rejects.toThrow(
      /pay_first/,
    );
    await stage.card(shop.customerId, 'pm_card_visa');
    await stage.payOpenInvoices(shop.customerId);
    await stage.deliverNew();
    expect(await changeTier(stage.db, stage.stripe, await wish(shop, 'business'))).toMatchObject({
      subscription: { tier: { code: 'business' } },
    });
  });

  test('of one that ended at Stripe, unheard, is no active subscription', async () => {
    const shop = await stage.subscriber('essential');
    await stage.stripe.subscriptions.cancel(shop.subscriptionId);
    await expect(previewChange(stage.db, stage.stripe, await wish(shop, 'business'))).rejects.toThrow(
      /no_active_subscription/,
    );
  });

  test('to yearly says the next year less a discount for ever, and not less one that is used up', async () => {
    const shop = await stage.subscriber('professional');
    const coupons = [
      await stage.stripe.coupons.create({ percent_off: 50, duration: 'forever' }),
      await stage.stripe.coupons.create({ percent_off: 10, duration: 'repeating', duration_in_months: 2 }),
    ];
    await stage.stripe.subscriptions.update(shop.subscriptionId, {
      discounts: coupons.map(({ id }) => ({ coupon: id })),
    });
    await stage.deliverNew();
    const said = await previewChange(stage.db, stage.stripe, await wish(shop, 'professional', 'year'));
    expect(said.nextInvoice.amount).toBe(Math.round(49_500 * 1.17));
  });

  test('is previewed by what will stand, though a cheaper plan waits on a schedule', async () => {
    const shop = await stage.subscriber('business');
    await changeTier(stage.db, stage.stripe, await wish(shop, 'essential'));
    const said = await previewChange(stage.db, stage.stripe, await wish(shop, 'professional'));
    expect(said).toMatchObject({ takesBack: 'change', nextInvoice: { amount: Math.round(9_900 * 1.17) } });
  });
});

test('a preview of more lines than Stripe tells says what the others come to', async () => {
  const shop = await stage.subscriber('essential');
  for (let i = 0; i < 12; i++) {
    await stage.stripe.invoiceItems.create({
      customer: shop.customerId,
      subscription: shop.subscriptionId,
      amount: 100 + i,
      currency: 'eur',
      tax_behavior: 'exclusive',
    });
  }
  const upcoming = await previewUpcomingInvoice(
    stage.db,
    stage.stripe,
    shop.account,
    (await stage.by(shop)).tax,
  );
  const told = (upcoming?.lines ?? []).reduce((sum, line) => sum + line.amount, 0);
  expect(upcoming?.lines).toHaveLength(10);
  expect(upcoming?.linesLeftOut).toBeGreaterThan(0);
  expect(told + (upcoming?.linesLeftOut ?? 0)).toBe(upcoming?.subtotal);
});

describe('cancelling at once', () => {
  test('is done when Stripe says that there is nothing left to cancel: the first answer was lost', async () => {
    const shop = await stage.subscriber('essential');
    await stage.stripe.subscriptions.cancel(shop.subscriptionId);
    const input = { ...(await stage.by(shop)), immediately: true, reason: 'closed' };
    expect(await cancelSubscription(stage.db, stage.stripe, input)).toMatchObject({ status: 'canceled' });
  });

  test('leaves the invoices of the other subscriptions to be collected', async () => {
    const shop = await stage.subscriber('essential');
    await stage.card(shop.customerId, 'pm_card_visa');
    const other = await stage.stripe.subscriptions.create({
      customer: shop.customerId,
      items: [{ price: await stage.price('business') }],
      collection_method: 'charge_automatically',
      metadata: { ...stage.marks(shop.account, 'business'), platform: 'plf_other' },
    });
    await stage.card(shop.customerId, 'pm_card_chargeCustomerFail');
    await stage.advance(33);
    const open = async () => {
      const list = await stage.stripe.invoices.list({ subscription: other.id, status: 'open' });
      return list.data.map((one) => one.auto_advance);
    };
    expect(await open()).toEqual([true]);
    await cancelSubscription(stage.db, stage.stripe, { ...(await stage.by(shop)), immediately: true });
    expect(await open()).toEqual([true]);
  });
});

test('a cancellation that a schedule holds can be taken back', async () => {
  const shop = await stage.subscriber('essential');
  const schedule = await stage.stripe.subscriptionSchedules.create({
    from_subscription: shop.subscriptionId,
  });
  const phase = schedule.phases[0];
  await stage.stripe.subscriptionSchedules.update(schedule.id, {
    end_behavior: 'cancel',
    phases: [
      {
        items: [{ price: await stage.price('essential') }],
        start_date: phase?.start_date,
        end_date: phase?.end_date,
      },
    ],
  });
  await stage.deliverNew();
  expect((await stage.current(shop)).cancelAt).not.toBeNull();
  expect(await reactivateSubscription(stage.db, stage.stripe, await stage.by(shop))).toMatchObject({
    cancelAt: null,
  });
});

test('an invoice is led to by a link of now, and only for who may read it', async () => {
  const shop = await stage.subscriber('essential');
  const [row] = await stage.db
    .select()
    .from(invoices)
    .where(eq(invoices.merchantId, shop.account.merchantId));
  await stage.db.update(invoices).set({ hostedInvoiceUrl: 'https://died.example' });
  const find = (as: 'page' | 'pdf', may: (merchant: string) => boolean) =>
    findFreshInvoice(stage.db, stage.stripe, row?.id ?? '', as, may);
  const mine = (merchant: string) => merchant === shop.account.merchantId;
  const fresh = await stage.stripe.invoices.retrieve(row?.stripeInvoiceId ?? '');
  expect(await find('page', mine)).toBe(fresh.hosted_invoice_url);
  expect(await find('pdf', mine)).toBe(fresh.invoice_pdf);
  expect(await find('page', () => false)).toBeNull();
});

test('what ends at Stripe, unheard, has no next invoice', async () => {
  const shop = await stage.subscriber('essential');
  await stage.stripe.subscriptions.update(shop.subscriptionId, { cancel_at_period_end: true });
  expect(
    await previewUpcomingInvoice(stage.db, stage.stripe, shop.account, (await stage.by(shop)).tax),
  ).toBeNull();
});

test.each([
  [{ country: 'US', line1: '1 Main St', city: 'Austin', postalCode: '', state: '' }],
  [{ country: 'CA', line1: '1 Rue', city: 'Laval', postalCode: '', state: '' }],
])('an address that cannot be taxed is told at its field, and nothing is kept: %o', async (address) => {
  const shop = await stage.subscriber('essential');
  const save = async (details: object) =>
    updateBillingDetails(stage.db, stage.stripe, {
      merchantId: shop.account.merchantId,
      details: billingDetailsInput.parse(details),
      ...(await stage.by(shop)),
    });
  await expect(save({ address })).rejects.toMatchObject({ fields: [{ path: 'address' }] });
  const kept = await save({ name: 'Kept' });
  expect(kept).toMatchObject({ name: 'Kept' });
  expect(kept.country).not.toBe(address.country);
});

test('a price of parts of a cent is read, wherever its decimal stands as text', async () => {
  const shop = await stage.subscriber('essential');
  const raw = await stage.stripe.subscriptions.retrieve(shop.subscriptionId);
  const [item] = raw.items.data;
  const odd = {
    ...raw,
    items: {
      ...raw.items,
      data: [{ ...item, price: { ...item?.price, unit_amount: null, unit_amount_decimal: '9950.5' } }],
    },
  };
  expect(readSubscription(odd).items[0]?.unitAmount).toBe(9950);
});

test('a first payment that waits for 3-D Secure was tried, though it is counted as none', () => {
  const invoice = {
    id: 'in_1',
    created: 1,
    currency: 'eur',
    subtotal: 1,
    total: 1,
    amount_due: 1,
    amount_paid: 0,
    attempt_count: 0,
    attempted: true,
    status: 'open',
    metadata: {},
    lines: { data: [] },
  };
  expect(readInvoice(invoice).attemptCount).toBe(1);
  expect(readInvoice({ ...invoice, attempted: false }).attemptCount).toBe(0);
});

test('an unforeseen refusal is a conflict that names what Stripe said', async () => {
  await expect(
    callStripe(() => stage.stripe.invoices.create({ customer: 'cus_nobody' })),
  ).rejects.toMatchObject({ code: 'stripe_refused', details: { stripeCode: 'resource_missing' } });
});
