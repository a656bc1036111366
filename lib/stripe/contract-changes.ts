import type Stripe from 'stripe';
import { breakCard, type Clause, DAY, idOf, itemOf, must, mustRefuse, subscribe } from './contract-clause';
import type { Scene } from './contract-scene';
import { readInvoice } from './invoice-snapshot';
import { changeParams, paymentParams, type WantedPrice } from './parameters';

const MONTH_END = 31 * DAY;

export const wanted = (price: Stripe.Price, stripePriceId: string | null = price.id): WantedPrice => ({
  stripePriceId,
  unitAmount: price.unit_amount ?? 0,
  currency: price.currency,
  interval: price.recurring?.interval === 'year' ? 'year' : 'month',
  productId: idOf(price.product),
});

const heldItem = (made: Stripe.Subscription) => ({
  id: itemOf(made).id,
  quantity: itemOf(made).quantity ?? 1,
});

/** A change at once, as the app asks for it and for its preview. */
export const changeOf = (
  made: Stripe.Subscription,
  price: Stripe.Price,
  params: Partial<Parameters<typeof changeParams>[0]> = {},
) =>
  changeParams({
    item: heldItem(made),
    price: wanted(price),
    isTrialing: false,
    restarts: false,
    ...params,
  });

export const CARD = paymentParams({ collection_method: 'charge_automatically', methodType: 'card' });
export const DEBIT = paymentParams({ collection_method: 'charge_automatically', methodType: 'sepa_debit' });
const INVOICE = paymentParams({ collection_method: 'send_invoice', methodType: null });

const EXPANDED = { expand: ['latest_invoice'] };

const billedBy = ({ latest_invoice: invoice }: Stripe.Subscription) => {
  must(typeof invoice === 'object' && invoice !== null, 'there is no invoice');
  return readInvoice(invoice);
};

/** Previews a change and makes it: what the one says the other bills. */
async function change(scene: Scene, made: Stripe.Subscription, details: ReturnType<typeof changeParams>) {
  const { invoices, subscriptions } = scene.stripe;
  const preview = await invoices.createPreview({ subscription: made.id, subscription_details: details });
  const changed = await subscriptions.update(made.id, { ...details, ...CARD, ...EXPANDED });
  const { total } = billedBy(changed);
  must(total === preview.total, `previewed ${preview.total}, billed ${total}`);
  return { preview, changed, item: itemOf(changed) };
}

/** A monthly plan on a test clock, so many seconds later. */
async function later(scene: Scene, ...steps: number[]) {
  const clock = await scene.clock();
  const { id } = await scene.customer({ test_clock: clock.id });
  const first = await subscribe(scene, { customer: id });
  for (const seconds of steps) await clock.advance(seconds);
  return { clock, first, made: await scene.stripe.subscriptions.retrieve(first.id) };
}

/** Whole months or years between two instants, a day's difference in their lengths allowed. */
const apart = (from: number, to: number, days: number) => Math.abs(to - from - days * DAY) <= 1.5 * DAY;

export const changeClauses: Clause[] = [
  {
    says: 'The preview of an upgrade costs what the change then bills, at the same moment of proration.',
    numbers: ['41', 'D51'],
    async check(scene) {
      const made = await subscribe(scene);
      const prorationDate = Math.floor(Date.now() / 1000);
      const { item } = await change(scene, made, changeOf(made, scene.dearer, { prorationDate }));
      must(item.price.id === scene.dearer.id, 'the plan is another');
    },
  },
  {
    says: 'From months to a year with `billing_cycle_anchor: now` the year begins at once, is billed whole, and costs what the preview said.',
    numbers: ['22', 'D40', 'G1'],
    async check(scene) {
      const { clock, made } = await later(scene, 10 * DAY);
      const { changed, item } = await change(scene, made, changeOf(made, scene.yearly, { restarts: true }));
      must(changed.billing_cycle_anchor === clock.now(), 'the anchor is another');
      must(item.current_period_start === clock.now(), 'the period does not begin now');
      must(apart(clock.now(), item.current_period_end, 365), 'the period is no year');
      const { lines } = await scene.stripe.invoices.retrieve(idOf(changed.latest_invoice));
      must(
        lines.data.some((line) => line.amount === scene.yearly.unit_amount),
        'the year is not billed whole',
      );
      must(
        lines.data.some((line) => line.amount < 0),
        'nothing is credited',
      );
    },
  },
  {
    says: 'From months to a year without an anchor the anchor stays, and the charge is a share that the preview knows.',
    numbers: ['22', 'D40', 'G1'],
    async check(scene) {
      const { first, made } = await later(scene, 10 * DAY);
      const { changed, item } = await change(scene, made, changeOf(made, scene.yearly));
      must(changed.billing_cycle_anchor === first.billing_cycle_anchor, 'the anchor moved');
      must(
        apart(first.billing_cycle_anchor, item.current_period_end, 365),
        'it does not end a year after it',
      );
      const { lines } = await scene.stripe.invoices.retrieve(idOf(changed.latest_invoice));
      must(!lines.data.some((line) => line.amount === scene.yearly.unit_amount), 'the year is billed whole');
    },
  },
  {
    says: 'Where does the year end that replaces months without an anchor, in a later month than the first?',
    numbers: ['22', 'F16'],
    answers: ['a year after the anchor', 'a year after the running period began'],
    async answer(scene) {
      const { first, made } = await later(scene, MONTH_END + 2 * 3600, 10 * DAY);
      const { item } = await change(scene, made, changeOf(made, scene.yearly));
      if (apart(first.billing_cycle_anchor, item.current_period_end, 365)) return 'a year after the anchor';
      const runs = itemOf(made).current_period_start;
      if (apart(runs, item.current_period_end, 365)) return 'a year after the running period began';
      return new Date(item.current_period_end * 1000).toISOString();
    },
  },
  {
    says: 'A moment of proration is refused beside an anchor of now, in the change and in its preview.',
    numbers: ['53', 'D51'],
    async check(scene) {
      const made = await subscribe(scene);
      const pair = {
        items: [{ id: itemOf(made).id, price: scene.yearly.id, quantity: 1 }],
        proration_behavior: 'always_invoice' as const,
        proration_date: Math.floor(Date.now() / 1000),
        billing_cycle_anchor: { type: 'now' as const },
      };
      await mustRefuse(scene.stripe.subscriptions.update(made.id, pair), 'the change');
      const { id: subscription } = made;
      const preview = scene.stripe.invoices.createPreview({ subscription, subscription_details: pair });
      await mustRefuse(preview, 'the preview');
    },
  },
  {
    says: 'A new price without a quantity makes it 1; with the quantity it stays.',
    numbers: ['22', 'D41'],
    async check(scene) {
      const made = await subscribe(scene, { items: [{ price: scene.monthly.id, quantity: 3 }] });
      const kept = await scene.stripe.subscriptions.update(made.id, changeOf(made, scene.dearer));
      must(itemOf(kept).quantity === 3, `with it the quantity is ${itemOf(kept).quantity}`);
      const items = [{ id: itemOf(made).id, price: scene.monthly.id }];
      const lost = await scene.stripe.subscriptions.update(made.id, { items, proration_behavior: 'none' });
      must(itemOf(lost).quantity === 1, `without it the quantity is ${itemOf(lost).quantity}`);
    },
  },
  {
    says: 'In a trial the plan changes without proration: nothing is billed, and the trial goes on.',
    numbers: ['22', 'D40'],
    async check(scene) {
      const trial_end = Math.floor(Date.now() / 1000) + 5 * DAY;
      const made = await subscribe(scene, { trial_end });
      const params = changeOf(made, scene.yearly, { isTrialing: true });
      const changed = await scene.stripe.subscriptions.update(made.id, params);
      must(changed.status === 'trialing' && changed.trial_end === trial_end, 'the trial is over');
      must(itemOf(changed).price.id === scene.yearly.id, 'the plan is another');
      must(changed.latest_invoice === made.latest_invoice, 'something was billed');
    },
  },
  {
    says: 'An upgrade that is paid takes a waiting cancellation back in the same call.',
    numbers: ['43', 'D43', 'F15'],
    async check(scene) {
      const made = await subscribe(scene);
      await scene.stripe.subscriptions.update(made.id, { cancel_at_period_end: true });
      const changed = await scene.stripe.subscriptions.update(made.id, {
        ...changeOf(made, scene.dearer),
        ...CARD,
        cancel_at_period_end: false,
      });
      must(itemOf(changed).price.id === scene.dearer.id, 'the plan is another');
      must(!changed.cancel_at_period_end && changed.cancel_at === null, 'it still ends');
    },
  },
  {
    says: 'With `error_if_incomplete` the plan changes only if the payment can be made, by a price of the catalogue or an agreed one.',
    numbers: ['41', '49'],
    async check(scene) {
      const made = await subscribe(scene);
      const agreed = changeOf(made, scene.dearer, { price: wanted(scene.dearer, null) });
      const changed = await scene.stripe.subscriptions.update(made.id, { ...agreed, ...DEBIT });
      must(itemOf(changed).price.unit_amount === 9900, 'the agreed price is another');
      await breakCard(scene, idOf(made.customer));
      const dear = await scene.price({ unit_amount: 19_900, recurring: { interval: 'month' } });
      const declined = await scene.stripe.subscriptions
        .update(made.id, { ...changeOf(made, dear), ...DEBIT })
        .catch((error: { type?: string }) => error.type);
      must(declined === 'StripeCardError', `a decline is answered with ${declined}`);
      const now = await scene.stripe.subscriptions.retrieve(made.id);
      must(itemOf(now).price.unit_amount === 9900, 'the plan changed without its payment');
    },
  },
  {
    says: 'Who pays by invoice is changed at once, without `payment_behavior`, and gets an invoice to pay.',
    numbers: ['41', '49', 'D56'],
    async check(scene) {
      const { id: customer } = await scene.customer({ card: null, email: 'contract@example.com' });
      const by = { collection_method: 'send_invoice' as const, days_until_due: 14 };
      const made = await subscribe(scene, { customer, ...by });
      const params = { ...changeOf(made, scene.dearer), ...INVOICE };
      const changed = await scene.stripe.subscriptions.update(made.id, { ...params, ...EXPANDED });
      must(itemOf(changed).price.id === scene.dearer.id, 'the plan is another');
      must(billedBy(changed).status !== 'paid', 'it is paid already');
    },
  },
  {
    says: 'Marks are written on a subscription that is there already, and change nothing else.',
    numbers: ['D5'],
    async check(scene) {
      const made = await subscribe(scene, { metadata: {} });
      const marks = { merchant: 'm', platform: 'p', kind: 'plan' };
      const marked = await scene.stripe.subscriptions.update(made.id, { metadata: marks });
      must(marked.metadata.merchant === 'm' && marked.metadata.kind === 'plan', 'the marks are not there');
      must(marked.latest_invoice === made.latest_invoice, 'something was billed');
    },
  },
];
