import type Stripe from 'stripe';
import { readInvoice } from '@/lib/stripe/invoice-snapshot';
import { readSession } from '@/lib/stripe/session-snapshot';
import { readSubscription } from '@/lib/stripe/subscription-snapshot';

/** One thing that Tierline takes for granted of Stripe. */
export type Clause = { says: string; check(scene: Scene): Promise<void> };

/** What a clause plays with; made anew for each run, marked, and cleared away. */
export type Scene = {
  stripe: Stripe;
  monthly: Stripe.Price;
  dearer: Stripe.Price;
  yearly: Stripe.Price;
  customer(card?: string): Promise<Stripe.Customer>;
};

function must(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(what);
}

const subscribe = async ({ stripe, monthly, customer }: Scene, card = 'pm_card_visa') => {
  const { id } = await customer(card);
  return stripe.subscriptions.create({
    customer: id,
    items: [{ price: monthly.id }],
    metadata: { merchant: 'm', platform: 'p', kind: 'plan' },
  });
};

/**
 * What Tierline takes for granted of Stripe, as checks that run against any Stripe: local Stripe in every test run, a
 * real test account by `npm run test:stripe`. Where the two would part, the imitation is wrong.
 */
export const contract: Clause[] = [
  {
    says: 'a subscription has its periods on its items, and is read whole when expanded',
    async check(scene) {
      const { id } = await subscribe(scene);
      const raw = await scene.stripe.subscriptions.retrieve(id, {
        expand: [
          'latest_invoice.payments.data.payment.payment_intent',
          'discounts.source.coupon',
          'schedule',
        ],
      });
      const snapshot = readSubscription(raw);
      must(snapshot.isWhole, 'the snapshot is not whole');
      must(snapshot.status === 'active', `status is ${snapshot.status}`);
      must(snapshot.items[0]?.periodEnd != null, 'no period on the item');
      must(snapshot.marks?.merchant === 'm', 'the metadata is gone');
      must(snapshot.latestInvoice?.status === 'paid', 'the first invoice is not paid');
      must(!Number.isNaN(Date.parse(raw.lastResponse.headers.date ?? '')), 'no usable Date header');
    },
  },
  {
    says: 'an upgrade that cannot be paid waits as pending_update, and the plan stays',
    async check(scene) {
      const made = await subscribe(scene);
      const method = await scene.stripe.paymentMethods.attach('pm_card_chargeCustomerFail', {
        customer: String(made.customer),
      });
      const changed = await scene.stripe.subscriptions.update(made.id, {
        default_payment_method: method.id,
      });
      const item = changed.items.data[0]?.id;
      const waiting = await scene.stripe.subscriptions.update(made.id, {
        items: [{ id: item, price: scene.dearer.id }],
        proration_behavior: 'always_invoice',
        payment_behavior: 'pending_if_incomplete',
        expand: ['latest_invoice'],
      });
      must(waiting.pending_update !== null, 'no pending_update');
      must(waiting.items.data[0]?.price.id === scene.monthly.id, 'the plan changed before it was paid');
      must(typeof waiting.latest_invoice === 'object', 'no invoice');
      must(waiting.latest_invoice?.hosted_invoice_url != null, 'nowhere to pay');
    },
  },
  {
    says: 'the preview of an upgrade costs what the change then bills',
    async check(scene) {
      const made = await subscribe(scene);
      const items = [{ id: made.items.data[0]?.id, price: scene.dearer.id }];
      const at = Math.floor(Date.now() / 1000);
      const preview = await scene.stripe.invoices.createPreview({
        subscription: made.id,
        subscription_details: { items, proration_behavior: 'always_invoice', proration_date: at },
      });
      const changed = await scene.stripe.subscriptions.update(made.id, {
        items,
        proration_behavior: 'always_invoice',
        proration_date: at,
        expand: ['latest_invoice'],
      });
      must(typeof changed.latest_invoice === 'object' && changed.latest_invoice !== null, 'no invoice');
      const billed = readInvoice(changed.latest_invoice);
      must(billed.total === preview.total, `previewed ${preview.total}, billed ${billed.total}`);
    },
  },
  {
    says: 'a schedule from a subscription takes a second phase, refuses cancellation fields, and can be released',
    async check(scene) {
      const made = await subscribe(scene);
      const schedule = await scene.stripe.subscriptionSchedules.create({ from_subscription: made.id });
      const [phase] = schedule.phases;
      await scene.stripe.subscriptionSchedules.update(schedule.id, {
        end_behavior: 'release',
        phases: [
          { items: [{ price: scene.monthly.id }], start_date: phase?.start_date, end_date: phase?.end_date },
          { items: [{ price: scene.dearer.id }], duration: { interval: 'month', interval_count: 1 } },
        ],
      });
      const scheduled = await scene.stripe.subscriptions.retrieve(made.id, { expand: ['schedule'] });
      must(
        readSubscription(scheduled).nextPhase?.prices[0]?.priceId === scene.dearer.id,
        'the next phase is not shown',
      );
      const refused = await scene.stripe.subscriptions
        .update(made.id, { cancel_at_period_end: true })
        .then(() => false)
        .catch(() => true);
      must(refused, 'a scheduled subscription took a cancellation');
      await scene.stripe.subscriptionSchedules.release(schedule.id);
      must((await scene.stripe.subscriptions.retrieve(made.id)).schedule === null, 'still scheduled');
    },
  },
  {
    says: 'cancelling at the period end and taking it back, both ways of saying it',
    async check(scene) {
      const { id } = await subscribe(scene);
      const asked = await scene.stripe.subscriptions.update(id, { cancel_at_period_end: true });
      must(readSubscription(asked).cancelAt !== null, 'no end is told');
      const back = await scene.stripe.subscriptions.update(id, { cancel_at_period_end: false });
      must(readSubscription(back).cancelAt === null, 'the end stayed');
      const portal = await scene.stripe.subscriptions.update(id, { cancel_at: 'min_period_end' });
      must(portal.cancel_at !== null, 'cancel_at did not become a moment');
      const again = await scene.stripe.subscriptions.update(id, { cancel_at: '' });
      must(again.cancel_at === null, 'cancel_at stayed');
      must((await scene.stripe.subscriptions.cancel(id)).status === 'canceled', 'it did not end');
    },
  },
  {
    says: 'a Checkout session keeps its marks, expires once, and the same key is the same session',
    async check(scene) {
      const { id } = await scene.customer();
      const create = () =>
        scene.stripe.checkout.sessions.create(
          {
            mode: 'subscription',
            customer: id,
            customer_update: { name: 'auto', address: 'auto' },
            line_items: [{ price: scene.yearly.id, quantity: 1 }],
            success_url: 'https://example.com/{CHECKOUT_SESSION_ID}',
            allow_promotion_codes: true,
            billing_address_collection: 'required',
            tax_id_collection: { enabled: true },
            metadata: { merchant: 'm', platform: 'p', kind: 'plan' },
            subscription_data: { trial_end: Math.floor(Date.now() / 86_400_000) * 86_400 + 5 * 86_400 },
          },
          { idempotencyKey: `contract:${id}` },
        );
      const [one, two] = [await create(), await create()];
      must(one.id === two.id, 'two sessions under one key');
      must(readSession(one).marks?.kind === 'plan' && one.url !== null, 'not ours, or not open');
      must((await scene.stripe.checkout.sessions.expire(one.id)).status === 'expired', 'it did not expire');
      const twice = await scene.stripe.checkout.sessions.expire(one.id).catch(() => null);
      must(twice === null, 'it expired twice');
    },
  },
  {
    says: 'a refund shows on the charge, and the invoice is found by its payment',
    async check(scene) {
      const made = await subscribe(scene);
      const [charge] = (await scene.stripe.charges.list({ customer: String(made.customer) })).data;
      must(charge !== undefined, 'nothing was charged');
      await scene.stripe.refunds.create({ charge: charge.id, amount: 100 });
      must(
        (await scene.stripe.charges.retrieve(charge.id)).amount_refunded === 100,
        'no refund on the charge',
      );
      const payments = await scene.stripe.invoicePayments.list({
        payment: { type: 'payment_intent', payment_intent: String(charge.payment_intent) },
      });
      must(payments.data[0]?.invoice === made.latest_invoice, 'the payment names another invoice');
    },
  },
  {
    says: 'a customer that is deleted answers as deleted',
    async check(scene) {
      const { id } = await scene.customer();
      await scene.stripe.customers.del(id);
      must((await scene.stripe.customers.retrieve(id)).deleted === true, 'still there');
    },
  },
];

/** Makes a scene on a Stripe; `clear` takes away what can be taken away. */
export async function openScene(stripe: Stripe): Promise<Scene & { clear(): Promise<void> }> {
  const product = await stripe.products.create({ name: 'Tierline contract test' });
  const price = (amount: number, interval: 'month' | 'year') =>
    stripe.prices.create({
      product: product.id,
      currency: 'eur',
      unit_amount: amount,
      tax_behavior: 'exclusive',
      recurring: { interval },
    });
  const [monthly, dearer, yearly] = [
    await price(4900, 'month'),
    await price(9900, 'month'),
    await price(49_000, 'year'),
  ];
  const made: string[] = [];
  return {
    stripe,
    monthly,
    dearer,
    yearly,
    async customer(card = 'pm_card_visa') {
      const customer = await stripe.customers.create({
        name: 'Tierline contract test',
        address: { country: 'LU' },
      });
      made.push(customer.id);
      const method = await stripe.paymentMethods.attach(card, { customer: customer.id });
      await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: method.id } });
      return customer;
    },
    async clear() {
      for (const id of made) await stripe.customers.del(id).catch(() => {});
      for (const one of [monthly, dearer, yearly]) await stripe.prices.update(one.id, { active: false });
      await stripe.products.update(product.id, { active: false });
    },
  };
}
