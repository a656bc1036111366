import type Stripe from 'stripe';
import { type Clause, DAY, idOf, itemOf, must, mustRefuse, refusal, subscribe } from './contract-clause';
import { type Scene, Untestable } from './contract-scene';
import { expand, expansions } from './expansions';
import { readSubscription } from './subscription-snapshot';

type Use = keyof typeof expansions;

/** A subscription that has all that is expanded: a method of its own, a discount, an invoice, a schedule. */
async function wholeSubscription(scene: Scene): Promise<Stripe.Subscription> {
  const { id } = await scene.customer();
  const method = await scene.stripe.paymentMethods.attach('pm_card_mastercard', { customer: id });
  const coupon = await scene.coupon({ percent_off: 10, duration: 'forever' });
  const made = await subscribe(scene, {
    customer: id,
    default_payment_method: method.id,
    discounts: [{ coupon: coupon.id }],
  });
  await scene.stripe.subscriptionSchedules.create({ from_subscription: made.id });
  return made;
}

const ofSubscription = (use: Use) => async (scene: Scene) => {
  const { id } = await wholeSubscription(scene);
  return scene.stripe.subscriptions.retrieve(id, { expand: expand(use) });
};

/** E1: how each use of the list is asked, on a real object. */
const reads: Record<Use, (scene: Scene) => Promise<unknown>> = {
  subscription: ofSubscription('subscription'),
  change: ofSubscription('change'),
  schedule: ofSubscription('schedule'),
  waiting: ofSubscription('waiting'),
  async invoice(scene) {
    const { latest_invoice } = await subscribe(scene);
    return scene.stripe.invoices.retrieve(idOf(latest_invoice), { expand: expand('invoice') });
  },
  async customer(scene) {
    const { id } = await scene.customer();
    return scene.stripe.customers.retrieve(id, { expand: expand('customer') });
  },
  async dispute(scene) {
    const { id } = await scene.dispute();
    return scene.stripe.disputes.retrieve(id, { expand: expand('dispute') });
  },
  async importList(scene) {
    await subscribe(scene);
    return scene.stripe.subscriptions.list({ limit: 100, expand: expand('importList') });
  },
  async subscriptionList(scene) {
    const { customer } = await wholeSubscription(scene);
    const asked = { customer: idOf(customer), limit: 100, expand: expand('subscriptionList') };
    return scene.stripe.subscriptions.list(asked);
  },
  async customerList(scene) {
    await scene.customer();
    return scene.stripe.customers.list({ limit: 100, expand: expand('customerList') });
  },
};

/** What stands at a path, through all lists on the way. */
const valuesAt = (from: unknown, path: string): unknown[] =>
  path
    .split('.')
    .reduce<unknown[]>(
      (held, name) => held.flatMap((one) => (one as Record<string, unknown> | null)?.[name] ?? []),
      [from],
    );

const expanding = (Object.keys(expansions) as Use[]).map(
  (use): Clause => ({
    says: `The expansions of \`${use}\` are taken as they are written (${expand(use).join(', ')}), and what they name is whole.`,
    numbers: ['47', 'D1', 'D2'],
    async check(scene) {
      const answer = await reads[use](scene);
      for (const path of expand(use)) {
        const found = valuesAt(answer, path);
        must(!found.some((one) => typeof one === 'string'), `${path} is still an id`);
        // A customer's discount cannot be given by the API any more.
        const mayLack = /^items.data.discounts$|tax_ids$|^(data.)?discount\./.test(path);
        must(mayLack || found.length > 0, `nothing is at ${path}`);
      }
    },
  }),
);

export const readingClauses: Clause[] = [
  ...expanding,
  {
    says: 'A path of five segments is refused, with `data` counted as one.',
    numbers: ['47', 'D1'],
    async check(scene) {
      const { id } = await subscribe(scene);
      for (const path of [
        'latest_invoice.customer.invoice_settings.default_payment_method.customer',
        'latest_invoice.payments.data.payment.payment_intent',
      ]) {
        const asked = scene.stripe.subscriptions.retrieve(id, { expand: [path] });
        await mustRefuse(asked, path, 'property_expansion_max_depth');
      }
    },
  },
  {
    says: 'A subscription has its periods on its items, is read whole, and its answer tells when it was given.',
    numbers: ['12', '45'],
    async check(scene) {
      const { id } = await subscribe(scene);
      const raw = await scene.stripe.subscriptions.retrieve(id, { expand: expand('subscription') });
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
    says: 'How is a deleted customer read with the mirror’s expansions?',
    numbers: ['35', 'D23'],
    answers: ['as deleted', 'refused'],
    async answer(scene) {
      const { id } = await scene.customer();
      await scene.stripe.customers.del(id);
      const read = scene.stripe.customers.retrieve(id, { expand: expand('customer') });
      const said = await refusal(
        read.then((customer) => must(customer.deleted === true, 'it is answered as if it lived')),
      );
      return said ? 'refused' : 'as deleted';
    },
  },
  {
    says: 'Lists of a customer’s subscriptions leave out what has ended, and have it with `status: all`.',
    numbers: ['D9'],
    async check(scene) {
      const { stripe } = scene;
      const made = await subscribe(scene);
      const customer = idOf(made.customer);
      const live = await stripe.subscriptions.list({ customer, limit: 100 });
      must(live.data[0]?.id === made.id, 'it is not listed');
      await stripe.subscriptions.cancel(made.id);
      must((await stripe.subscriptions.list({ customer, limit: 100 })).data.length === 0, 'it stayed listed');
      const all = await stripe.subscriptions.list({ customer, status: 'all', limit: 100 });
      must(all.data[0]?.id === made.id, 'it is not among all');
    },
  },
  {
    says: 'Invoices are listed by subscription and by customer, the newest first.',
    numbers: ['D9'],
    async check(scene) {
      const made = await subscribe(scene);
      const changed = await scene.stripe.subscriptions.update(made.id, {
        items: [{ id: itemOf(made).id, price: scene.dearer.id, quantity: 1 }],
        proration_behavior: 'always_invoice',
      });
      const newest = idOf(changed.latest_invoice);
      const ofIt = await scene.stripe.invoices.list({ subscription: made.id, limit: 3 });
      must(ofIt.data.length === 2 && ofIt.data[0]?.id === newest, 'by subscription: not the newest first');
      const whose = await scene.stripe.invoices.list({ customer: idOf(made.customer), limit: 100 });
      must(whose.data.length === 2 && whose.data[0]?.id === newest, 'by customer: not the newest first');
    },
  },
  {
    says: 'Events are listed from a moment on, and those that were not delivered by `delivery_success: false`.',
    numbers: ['D65'],
    async check({ stripe }) {
      const created = { gte: Math.floor(Date.now() / 1000) - DAY };
      const undelivered = await stripe.events.list({ created, delivery_success: false, limit: 100 });
      const all = await stripe.events.list({ created, limit: 100 });
      must(all.data.length > 0, 'no event is listed');
      must(undelivered.data.length <= all.data.length, 'more were undelivered than there are');
      must(typeof all.data[0]?.api_version === 'string', 'an event does not tell its version');
    },
  },
  {
    says: 'A refund shows on the charge, and the invoice is found by the payment intent that paid it.',
    numbers: ['24'],
    async check(scene) {
      const made = await subscribe(scene);
      const [charge] = (await scene.stripe.charges.list({ customer: idOf(made.customer) })).data;
      must(charge !== undefined, 'nothing was charged');
      await scene.stripe.refunds.create({ charge: charge.id, amount: 100 });
      const { amount_refunded } = await scene.stripe.charges.retrieve(charge.id);
      must(amount_refunded === 100, 'no refund on the charge');
      const payments = await scene.stripe.invoicePayments.list({
        payment: { type: 'payment_intent', payment_intent: idOf(charge.payment_intent) },
        limit: 10,
      });
      must(payments.data[0]?.invoice === made.latest_invoice, 'the payment names another invoice');
    },
  },
  {
    says: 'What doctor looks at can be read: the balance, the endpoints, the settings of Stripe Tax and its registrations.',
    numbers: ['D10', 'D18'],
    async check({ stripe }) {
      await stripe.balance.retrieve();
      await stripe.webhookEndpoints.list({ limit: 100 });
      const { status } = await stripe.tax.settings.retrieve();
      must(status === 'active' || status === 'pending', `Stripe Tax is ${status}`);
      if (status === 'pending') throw new Untestable('Stripe Tax is not set up');
      await stripe.tax.registrations.list({ status: 'active', limit: 100 });
    },
  },
];
