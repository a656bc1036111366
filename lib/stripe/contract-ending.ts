import { breakCard, type Clause, DAY, idOf, must, mustRefuse, subscribe } from './contract-clause';
import type { Scene } from './contract-scene';
import { readSubscription } from './subscription-snapshot';

/** A customer of two plans on a test clock, the first past due with an open invoice, the second good. */
async function twoPlans(scene: Scene) {
  const clock = await scene.clock();
  const { id: customer } = await scene.customer({ test_clock: clock.id });
  const owing = await subscribe(scene, { customer });
  await breakCard(scene, customer);
  // The invoice is finalised about an hour after the boundary (stripe.md F6).
  await clock.advance(31 * DAY);
  await clock.advance(2 * 3600);
  const card = await scene.stripe.paymentMethods.attach('pm_card_visa', { customer });
  const other = await subscribe(scene, { customer, default_payment_method: card.id });
  const open = { customer, status: 'open' as const, limit: 100 };
  const [invoice] = (await scene.stripe.invoices.list(open)).data;
  must(invoice?.auto_advance === true, 'no invoice is open that Stripe collects');
  must(idOf(invoice.parent?.subscription_details?.subscription) === owing.id, 'it is the other plan’s');
  return { other, invoice: idOf(invoice) };
}

/** A plan and an add-on of the same rhythm. */
async function withAddOn(scene: Scene) {
  const addOn = await scene.price({ unit_amount: 900, recurring: { interval: 'month' } });
  const made = await subscribe(scene, { items: [{ price: scene.monthly.id }, { price: addOn.id }] });
  const itemAt = (price: string) => made.items.data.find((item) => item.price.id === price)?.id ?? '';
  return { made, plan: itemAt(scene.monthly.id), addOn: itemAt(addOn.id) };
}

export const endingClauses: Clause[] = [
  {
    says: 'A cancellation at the period’s end is told with its comment, and taken back by the flag.',
    numbers: ['15', '43', 'F15'],
    async check(scene) {
      const { id } = await subscribe(scene);
      const { subscriptions } = scene.stripe;
      const asked = await subscriptions.update(id, {
        cancel_at_period_end: true,
        cancellation_details: { comment: 'too dear' },
      });
      must(readSubscription(asked).cancelAt !== null, 'no end is told');
      must(asked.cancellation_details?.comment === 'too dear', 'the comment is gone');
      const back = await subscriptions.update(id, { cancel_at_period_end: false });
      must(back.cancel_at === null && back.canceled_at === null, 'the end stayed');
    },
  },
  {
    says: 'An end said as a date, as the portal says it, becomes a moment, is cleared by empty words, and can be put back.',
    numbers: ['15', '43', 'D45', 'D46'],
    async check(scene) {
      const { id } = await subscribe(scene);
      const { subscriptions } = scene.stripe;
      const portal = await subscriptions.update(id, { cancel_at: 'min_period_end' });
      must(typeof portal.cancel_at === 'number', 'it did not become a moment');
      must((await subscriptions.update(id, { cancel_at: '' })).cancel_at === null, 'it stayed');
      const again = await subscriptions.update(id, {
        cancel_at: portal.cancel_at,
        cancellation_details: { comment: 'too dear' },
      });
      must(again.cancel_at === portal.cancel_at, 'it was not put back');
      const both = subscriptions.update(id, { cancel_at: '', cancel_at_period_end: false });
      await mustRefuse(both, 'clearing both at once');
    },
  },
  {
    says: 'An end said as the date of the period’s end can be said as the flag, which changes nothing.',
    numbers: ['43', 'D45'],
    async check(scene) {
      const { id } = await subscribe(scene);
      const date = await scene.stripe.subscriptions.update(id, { cancel_at: 'min_period_end' });
      const flag = await scene.stripe.subscriptions.update(id, { cancel_at_period_end: true });
      must(flag.cancel_at_period_end && flag.cancel_at === date.cancel_at, 'the end is another');
    },
  },
  {
    says: 'A subscription ends at once with a comment, its waiting cancellation is cleared, and a second end is `resource_missing`.',
    numbers: ['21', 'D50', 'F11', 'G2'],
    async check(scene) {
      const { id } = await subscribe(scene);
      const { subscriptions } = scene.stripe;
      await subscriptions.update(id, { cancel_at_period_end: true });
      const ended = await subscriptions.cancel(id, { cancellation_details: { comment: 'closed' } });
      must(ended.status === 'canceled' && ended.ended_at !== null, `it is ${ended.status}`);
      must(ended.cancellation_details?.comment === 'closed', 'the comment is gone');
      must(!ended.cancel_at_period_end && ended.cancel_at === null, 'it still waits for an end');
      await mustRefuse(subscriptions.cancel(id), 'a second end', 'resource_missing');
      await mustRefuse(subscriptions.update(id, { cancel_at_period_end: true }), 'a later end');
    },
  },
  {
    says: 'When one of two plans ends at once, does Stripe still collect the open invoice of the other?',
    numbers: ['D50', 'F16'],
    answers: ['it goes on', 'it stops'],
    async answer(scene) {
      const { other, invoice } = await twoPlans(scene);
      await scene.stripe.subscriptions.cancel(other.id);
      const { auto_advance } = await scene.stripe.invoices.retrieve(invoice);
      return auto_advance ? 'it goes on' : 'it stops';
    },
  },
  {
    says: 'The collection of an open invoice is set going again; of a paid one it is refused, or changes nothing.',
    numbers: ['D50', 'F8'],
    async check(scene) {
      const { other, invoice } = await twoPlans(scene);
      await scene.stripe.invoices.update(invoice, { auto_advance: false });
      const going = await scene.stripe.invoices.update(invoice, { auto_advance: true });
      must(going.auto_advance === true && going.status === 'open', 'it does not go on');
      const paid = idOf(other.latest_invoice);
      await scene.stripe.invoices.update(paid, { auto_advance: true }).catch(() => {});
      must((await scene.stripe.invoices.retrieve(paid)).status === 'paid', 'the paid one changed');
    },
  },
  {
    says: 'An add-on’s item is removed with its credit billed now, the plan stays, and the last item is not removed.',
    numbers: ['D50', 'D55'],
    async check(scene) {
      const { made, plan, addOn } = await withAddOn(scene);
      const { subscriptionItems, subscriptions } = scene.stripe;
      const billed = { proration_behavior: 'always_invoice' as const };
      must((await subscriptionItems.del(addOn, billed)).deleted, 'it is still there');
      const now = await subscriptions.retrieve(made.id, { expand: ['latest_invoice'] });
      must(now.items.data.length === 1 && now.items.data[0]?.id === plan, 'the plan is not what stayed');
      const invoice = now.latest_invoice;
      must(typeof invoice === 'object' && invoice !== null && invoice.total < 0, 'nothing was credited');
      await mustRefuse(subscriptionItems.del(plan, billed), 'removing the last item');
    },
  },
];
