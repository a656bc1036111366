import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { auditLog, invoices } from '@/db/schema';
import { updateBillingDetails } from '@/lib/billing/customers/billing-details';
import { getCustomer } from '@/lib/billing/customers/customers';
import { checkVatNumber } from '@/lib/billing/customers/vat-check';
import { openStage, type Stage } from '@/testing/stage';
import { person, testApi } from './testing';

let stage: Stage;
let call: ReturnType<typeof testApi>;

beforeAll(async () => {
  stage = await openStage();
  Object.assign(process.env, {
    DATABASE_URL: 'postgres://unused',
    AUTH_SECRET: 'a secret of a test, long enough for a session',
    APP_URL: 'http://app.test',
    STRIPE_SECRET_KEY: 'sk_test_local',
    STRIPE_API_BASE: stage.url,
  });
  // Local Stripe's clock runs on with the real one.
  call = testApi(stage.db, () => new Date());
});
afterAll(() => stage.close());

async function shop(options: { trialDays?: number } = {}) {
  const made = await stage.merchant(options);
  return {
    ...made,
    owner: person('owner', made.account.merchantId),
    member: person('member', made.account.merchantId),
  };
}

async function subscribed(tier = 'professional') {
  const made = await shop();
  const customer = await stage.customer(made.account);
  await stage.stripe.subscriptions.create({
    customer,
    items: [{ price: await stage.price(tier) }],
    metadata: stage.marks(made.account, tier),
  });
  await stage.deliverNew();
  return made;
}

const base = '/store/billing';

describe('a store owner buys by API', () => {
  test('never subscribed: none, tier null', async () => {
    const { owner } = await shop();
    const answer = await call('GET', `${base}/subscription`, { as: owner });
    expect(answer).toMatchObject({ status: 200, body: { status: 'none', tier: null, is_annual: false } });
    expect(answer.body).not.toHaveProperty('stripe_customer_id');
  });

  test('checkout answers where to pay; the same choice gives the same session, another expires it', async () => {
    const { owner } = await shop();
    const choose = (tier_code: string) =>
      call('POST', `${base}/checkout`, { as: owner, body: { tier_code, is_annual: false } });
    const first = await choose('professional');
    expect(first.status).toBe(201);
    expect(first.body.checkout_url).toContain('/c/pay/');
    expect((await choose('professional')).body.session_id).toBe(first.body.session_id);
    const other = await choose('business');
    expect(other.body.session_id).not.toBe(first.body.session_id);
    expect((await stage.stripe.checkout.sessions.retrieve(first.body.session_id)).status).toBe('expired');
  });

  test.each([
    ['enterprise', 400, 'tier_not_self_service'],
    ['nothing', 404, 'tier_not_found'],
  ])('checkout for %s: %i %s', async (tier_code, status, code) => {
    const { owner } = await shop();
    const answer = await call('POST', `${base}/checkout`, { as: owner, body: { tier_code } });
    expect(answer).toMatchObject({ status, body: { error: { code } } });
  });

  test('the portal makes the customer it needs', async () => {
    const { owner } = await shop();
    const answer = await call('POST', `${base}/portal`, { as: owner });
    expect(answer.status).toBe(201);
    expect(answer.body.portal_url).toContain('/p/session/');
  });

  test('six checkouts in a minute are one too many', async () => {
    const { owner } = await shop();
    const codes: number[] = [];
    for (let i = 0; i < 6; i++) {
      codes.push(
        (await call('POST', `${base}/checkout`, { as: owner, body: { tier_code: 'essential' } })).status,
      );
    }
    expect(codes).toEqual([201, 201, 201, 201, 201, 429]);
  });
});

describe('a subscribed owner', () => {
  test('cannot buy a second plan', async () => {
    const { owner } = await subscribed();
    const answer = await call('POST', `${base}/checkout`, { as: owner, body: { tier_code: 'business' } });
    expect(answer).toMatchObject({ status: 409, body: { error: { code: 'subscription_conflict' } } });
  });

  test('previews, upgrades and pays what the preview said', async () => {
    const { owner } = await subscribed();
    const preview = await call('POST', `${base}/change-tier/preview`, {
      as: owner,
      body: { tier_code: 'business' },
    });
    expect(preview).toMatchObject({ status: 200, body: { kind: 'upgrade', over_limit: [] } });
    expect(preview.body.due_now.amount).toBeGreaterThan(0);
    const done = await call('POST', `${base}/change-tier`, {
      as: owner,
      body: { tier_code: 'business', is_annual: false, proration_date: preview.body.proration_date },
    });
    expect(done).toMatchObject({ status: 200, body: { subscription: { tier: { code: 'business' } } } });
    const issued = await call('GET', `${base}/invoices`, { as: owner });
    const last = issued.body.data[0];
    expect(last.total).toBe(preview.body.due_now.amount);
  });

  test('plans a downgrade, sees it pending, takes it back once', async () => {
    const { owner } = await subscribed();
    const planned = await call('POST', `${base}/change-tier`, {
      as: owner,
      body: { tier_code: 'essential' },
    });
    expect(planned.body.subscription).toMatchObject({
      tier: { code: 'professional' },
      pending_change: { tier_code: 'essential', is_annual: false },
    });
    const undone = await call('DELETE', `${base}/pending-change`, { as: owner });
    expect(undone).toMatchObject({ status: 200, body: { pending_change: null } });
    const again = await call('DELETE', `${base}/pending-change`, { as: owner });
    expect(again).toMatchObject({ status: 400, body: { error: { code: 'no_pending_change' } } });
  });

  test('cancels, comes back, and cannot come back twice', async () => {
    const { owner } = await subscribed();
    const cancelled = await call('POST', `${base}/cancel`, { as: owner, body: { reason: 'Too quiet' } });
    expect(cancelled).toMatchObject({ status: 200, body: { status: 'active', cancel_at_period_end: true } });
    expect((await call('POST', `${base}/reactivate`, { as: owner })).body.cancel_at_period_end).toBe(false);
    const again = await call('POST', `${base}/reactivate`, { as: owner });
    expect(again).toMatchObject({ status: 400, body: { error: { code: 'subscription_not_cancelled' } } });
    const now_ = await call('POST', `${base}/cancel`, { as: owner, body: { immediately: true } });
    expect(now_.status).toBe(403);
  });

  test('sees the next invoice with net, tax and total', async () => {
    const { owner } = await subscribed();
    const answer = await call('GET', `${base}/upcoming-invoice`, { as: owner });
    expect(answer).toMatchObject({ status: 200, body: { subtotal: 9900, currency: 'EUR' } });
    expect(answer.body.total).toBe(answer.body.subtotal + answer.body.tax);
  });

  test('sees what was credited of an invoice', async () => {
    const { owner, account } = await subscribed();
    const [row] = await stage.db.select().from(invoices).where(eq(invoices.merchantId, account.merchantId));
    if (!row) throw new Error('no invoice');
    const amount = 2000;
    await stage.stripe.creditNotes.create({
      invoice: row.stripeInvoiceId,
      amount,
      ...(row.status === 'paid' ? { credit_amount: amount } : {}),
    });
    await stage.deliverNew();
    const [said] = (await call('GET', `${base}/invoices`, { as: owner })).body.data;
    const due = row.status === 'paid' ? row.total : row.total - amount;
    expect(said).toMatchObject({ total: row.total, credited: amount, amount_due: due });
  });

  test('reads why a bill to come bears no tax, and its sums add up', async () => {
    const made = await subscribed();
    const { merchantId } = made.account;
    await updateBillingDetails(stage.db, stage.stripe, {
      ...(await stage.by(made)),
      merchantId,
      details: { address: { line1: 'Ring 1', city: 'Berlin', country: 'DE' }, vatNumber: 'DE312473943' },
    });
    const vies = { url: stage.vies.url, ownNumber: stage.vies.seller };
    const ask = async (tier_code: string) =>
      (await call('POST', `${base}/change-tier/preview`, { as: made.owner, body: { tier_code } })).body;
    const coming = async () => (await call('GET', `${base}/upcoming-invoice`, { as: made.owner })).body;
    // Stripe was not asked to tax it: no reason of ours is true of that.
    expect(await coming()).toMatchObject({ tax: 0, tax_reason: null });
    const live = (await stage.current(made)).stripeSubscriptionId ?? '';
    await stage.stripe.subscriptions.update(live, { automatic_tax: { enabled: true } });
    expect(await coming()).toMatchObject({ tax_reason: 'number_pending' });
    await checkVatNumber(stage.db, stage.stripe, merchantId, vies, await stage.by(made));
    const coupon = await stage.stripe.coupons.create({ percent_off: 10, duration: 'forever' });
    const { stripeCustomerId } = await getCustomer(stage.db, merchantId);
    await stage.stripe.customers.update(stripeCustomerId ?? '', { balance: -500 });
    await stage.stripe.subscriptions.update(live, { discounts: [{ coupon: coupon.id }] });
    const [up, down] = [await ask('business'), await ask('essential')];
    for (const bill of [up.due_now, up.next_invoice, down.due_now, down.next_invoice, await coming()]) {
      expect(bill).toMatchObject({ tax: 0, tax_reason: 'reverse_charge' });
      expect(bill.subtotal - bill.discount + bill.tax).toBe(bill.total);
      expect(bill.total - bill.balance_applied).toBe(bill.amount_due);
    }
    expect(up.totals.tax_reason).toBe('reverse_charge');
    expect(await coming()).toMatchObject({ subtotal: 9900, discount: 990, total: 8910 });
  });

  test('buys a domain once: a bad one and one that is taken are refused', async () => {
    const { owner, storeId } = await subscribed();
    const buy = (domain: string, as = owner) =>
      call('POST', `${base}/addons/purchase`, { as, body: { addon_code: 'domain', domain } });
    expect(await buy('not a domain')).toMatchObject({
      status: 400,
      body: { error: { code: 'invalid_domain' } },
    });
    const opened = await buy('shop-one.example');
    expect(opened.status).toBe(201);
    await stage.control(`/checkout/${opened.body.session_id}/complete`, { card: '4242424242424242' });
    await stage.deliverNew();
    const mine = await call('GET', `${base}/my-addons`, { as: owner });
    expect(mine.body).toMatchObject([{ code: 'domain', domain: 'shop-one.example', status: 'active' }]);
    const other = await subscribed();
    expect(await buy('Shop-One.example', other.owner)).toMatchObject({
      status: 409,
      body: { error: { code: 'domain_taken' } },
    });
    const gone = await call('DELETE', `${base}/addons/${mine.body[0].id}`, { as: owner });
    expect(gone).toMatchObject({ status: 200, body: { cancel_at_period_end: true } });
    const stranger = await call('DELETE', `${base}/addons/${mine.body[0].id}`, { as: other.owner });
    expect(stranger.status).toBe(404);
    expect(storeId).toBeTruthy();
  });

  test("cancels an add-on that is an item of the plan's subscription: it goes at once, the plan stays", async () => {
    const { owner } = await subscribed();
    const as = { as: owner };
    const [plan] = (await stage.stripe.subscriptions.list({ limit: 1 })).data;
    const price = (await stage.stripe.prices.list({ lookup_keys: ['market:email_5:month:eur'] })).data[0]?.id;
    await stage.stripe.subscriptionItems.create({ subscription: plan?.id ?? '', price });
    await stage.deliverNew();
    const mine = await call('GET', `${base}/my-addons`, as);
    expect(mine.body).toMatchObject([{ code: 'email_5', status: 'active', is_on_plan: true }]);
    expect(await call('DELETE', `${base}/addons/${mine.body[0].id}`, as)).toMatchObject({
      status: 200,
      body: { status: 'canceled', is_on_plan: true },
    });
    expect((await call('GET', `${base}/subscription`, as)).body).toMatchObject({
      status: 'active',
      cancel_at_period_end: false,
    });
  });

  test('buys credits and spends them once per key', async () => {
    const { owner } = await subscribed('essential');
    const opened = await call('POST', `${base}/credits/checkout`, {
      as: owner,
      body: { package_code: 'credits_100' },
    });
    expect(opened.status).toBe(201);
    await stage.control(`/checkout/${opened.body.session_id}/complete`, { card: '4242424242424242' });
    await stage.deliverNew();
    expect((await call('GET', `${base}/credits`, { as: owner })).body).toMatchObject({
      monthly: 0,
      purchased: 100,
      total: 100,
    });
    const spend = (amount: number, key?: string) =>
      call('POST', `${base}/credits/consume`, {
        as: owner,
        body: { amount, reason: 'SMS' },
        headers: key ? { 'idempotency-key': key } : {},
      });
    expect((await spend(1)).status).toBe(400);
    const first = await spend(30, 'k1');
    expect(first).toMatchObject({
      status: 200,
      body: { spent: { monthly: 0, purchased: 30 }, balance: { purchased: 70 } },
    });
    const replay = await spend(30, 'k1');
    expect(replay.body).toEqual(first.body);
    expect(replay.headers.get('idempotent-replayed')).toBe('true');
    expect((await spend(31, 'k1')).status).toBe(409);
    expect(await spend(71, 'k2')).toMatchObject({
      status: 402,
      body: { error: { code: 'insufficient_credits' } },
    });
  });
});

describe('without a Stripe subscription', () => {
  test.each([
    ['GET', '/upcoming-invoice', undefined],
    ['POST', '/cancel', {}],
    ['POST', '/reactivate', undefined],
    ['POST', '/change-tier/preview', { tier_code: 'business' }],
  ])('in the local trial %s %s is no_active_subscription', async (method, path, body) => {
    const { owner } = await shop({ trialDays: 30 });
    const answer = await call(method, `${base}${path}`, { as: owner, body });
    expect(answer).toMatchObject({ status: 400, body: { error: { code: 'no_active_subscription' } } });
  });

  test('in the local trial change-tier tries another plan, without money', async () => {
    const { owner } = await shop({ trialDays: 30 });
    const answer = await call('POST', `${base}/change-tier`, { as: owner, body: { tier_code: 'business' } });
    expect(answer).toMatchObject({
      status: 200,
      body: { subscription: { status: 'trialing', tier: { code: 'business' } } },
    });
  });
});

describe('billing details', () => {
  test('a VAT number is checked in form, and pending until VIES was asked', async () => {
    const { owner, account } = await subscribed();
    const put = (body: unknown) => call('PUT', `${base}/billing-details`, { as: owner, body });
    expect(await put({ vat_number: 'nonsense' })).toMatchObject({
      status: 400,
      body: { error: { code: 'validation_failed', details: { fields: [{ path: 'vat_number' }] } } },
    });
    const saved = await put({
      name: 'Test SARL',
      vat_number: 'lu 27317534',
      address: { country: 'lu', city: 'Luxembourg' },
    });
    expect(saved).toMatchObject({
      status: 200,
      body: { name: 'Test SARL', vat_number: 'LU27317534', vat_status: 'pending', other_tax_ids: [] },
    });
    const act = { ...(await stage.by({ account })), now: new Date() };
    const vies = { url: stage.vies.url, ownNumber: stage.vies.seller };
    await checkVatNumber(stage.db, stage.stripe, account.merchantId, vies, act);
    await stage.deliverNew();
    expect((await call('GET', `${base}/billing-details`, { as: owner })).body).toMatchObject({
      vat_status: 'valid',
      vat_consultation_number: expect.stringMatching(/^WAPI/),
      tax_exempt: 'none',
    });
    const trail = await stage.db.select().from(auditLog);
    expect(
      trail.some((row) => row.action === 'billing_details.updated' && row.merchantId === account.merchantId),
    ).toBe(true);
  });
});

describe('text that no row can hold', () => {
  test.each(['Evil\u0000Name', 'A\ud800B'])(
    '%j is refused by its field before Stripe is told',
    async (text) => {
      const { owner, account } = await subscribed();
      const heard = async () => (await stage.stripe.events.list({ limit: 1 })).data[0]?.id;
      const before = await heard();
      const address = { line1: text, postal_code: text };
      for (const [method, path, body, fields] of [
        ['POST', '/cancel', { reason: text }, ['reason']],
        ['PUT', '/billing-details', { name: text }, ['name']],
        ['PUT', '/billing-details', { address }, ['address.line1', 'address.postal_code']],
      ] as const) {
        const answer = await call(method, base + path, { as: owner, body });
        expect(answer).toMatchObject({
          status: 400,
          body: {
            error: { code: 'validation_failed', details: { fields: fields.map((one) => ({ path: one })) } },
          },
        });
      }
      expect(await heard()).toBe(before);
      expect((await stage.current({ account })).cancelAtPeriodEnd).toBe(false);
    },
  );
});

describe('who may', () => {
  const reads = [
    '/subscription',
    '/tiers',
    '/usage',
    '/invoices',
    '/addons',
    '/my-addons',
    '/billing-details',
    '/credits',
  ];
  const writes: [string, string, unknown][] = [
    ['POST', '/checkout', { tier_code: 'business' }],
    ['POST', '/portal', undefined],
    ['POST', '/change-tier', { tier_code: 'business' }],
    ['DELETE', '/pending-change', undefined],
    ['POST', '/cancel', {}],
    ['POST', '/reactivate', undefined],
    ['POST', '/addons/purchase', { addon_code: 'email_5' }],
    ['DELETE', '/addons/add_x', undefined],
    ['POST', '/credits/checkout', { package_code: 'credits_100' }],
    ['PUT', '/billing-details', { name: 'x' }],
  ];

  test('a member and support read everything and write nothing', async () => {
    const { member, storeCode } = await subscribed();
    for (const as of [member, person('support')]) {
      for (const path of reads) {
        expect((await call('GET', `${base}${path}?store=${storeCode}`, { as })).status, path).toBe(200);
      }
      for (const [method, path, body] of writes) {
        expect((await call(method, `${base}${path}?store=${storeCode}`, { as, body })).status, path).toBe(
          403,
        );
      }
    }
  });

  test("another merchant's owner finds nothing at all", async () => {
    const { storeCode } = await subscribed();
    const { owner: stranger } = await shop();
    for (const path of reads) {
      expect((await call('GET', `${base}${path}?store=${storeCode}`, { as: stranger })).status, path).toBe(
        404,
      );
    }
    for (const [method, path, body] of writes) {
      expect(
        (await call(method, `${base}${path}?store=${storeCode}`, { as: stranger, body })).status,
        path,
      ).toBe(404);
    }
  });
});
