import type Stripe from 'stripe';
import { changeOf } from './contract-changes';
import { type Clause, DAY, idOf, itemOf, must, mustRefuse, subscribe } from './contract-clause';
import type { Scene } from './contract-scene';
import { priceParams } from './parameters';

const preview = (scene: Scene, params: Stripe.InvoiceCreatePreviewParams) =>
  scene.stripe.invoices.createPreview(params);

/** The next invoice with another price, as the app asks for it. */
const renewalWith = (made: Stripe.Subscription, price: Stripe.Price) => ({
  items: [
    {
      id: itemOf(made).id,
      quantity: itemOf(made).quantity ?? 1,
      ...priceParams({
        stripePriceId: price.id,
        unitAmount: price.unit_amount ?? 0,
        currency: price.currency,
        interval: 'month',
        productId: idOf(price.product),
      }),
    },
  ],
  proration_behavior: 'none' as const,
});

/** A subscription to the dearer plan whose schedule goes on with the monthly one. */
async function scheduled(scene: Scene) {
  const made = await subscribe(scene, { items: [{ price: scene.dearer.id }] });
  const { id, phases } = await scene.stripe.subscriptionSchedules.create({ from_subscription: made.id });
  const { start_date, end_date } = phases[0] ?? {};
  await scene.stripe.subscriptionSchedules.update(id, {
    end_behavior: 'release',
    proration_behavior: 'none',
    phases: [
      { items: [{ price: scene.dearer.id, quantity: 1 }], start_date, end_date },
      {
        items: [{ price: scene.monthly.id, quantity: 1 }],
        duration: { interval: 'month', interval_count: 1 },
        proration_behavior: 'none',
      },
    ],
  });
  return made;
}

export const previewClauses: Clause[] = [
  {
    says: 'The next invoice is previewed from the subscription alone, and costs a whole period.',
    numbers: ['28', 'D61'],
    async check(scene) {
      const made = await subscribe(scene);
      const { total, lines } = await preview(scene, { subscription: made.id });
      must(total === 4900, `the next invoice is ${total}`);
      must(
        lines.data[0]?.period.start === itemOf(made).current_period_end,
        'its line is not the period ahead',
      );
    },
  },
  {
    says: 'The next invoice with another price and proration none costs a whole period of that price, in a trial as well.',
    numbers: ['D41', 'D51'],
    async check(scene) {
      const made = await subscribe(scene);
      const asked = { subscription: made.id, subscription_details: renewalWith(made, scene.dearer) };
      must((await preview(scene, asked)).total === 9900, 'it is another amount');
      const trial_end = Math.floor(Date.now() / 1000) + 5 * DAY;
      const trial = await subscribe(scene, { trial_end });
      const then = { subscription: trial.id, subscription_details: renewalWith(trial, scene.dearer) };
      must((await preview(scene, then)).total === 9900, 'after the trial it is another amount');
    },
  },
  {
    says: 'A subscription that ends has no next invoice, unless the preview takes the end back, both ways of saying it.',
    numbers: ['43', 'D45', 'D61'],
    async check(scene) {
      const made = await subscribe(scene);
      const { id: subscription } = made;
      await scene.stripe.subscriptions.update(subscription, { cancel_at_period_end: true });
      await mustRefuse(preview(scene, { subscription }), 'the next invoice', 'invoice_upcoming_none');
      const flag = { ...renewalWith(made, scene.dearer), cancel_at_period_end: false };
      const byFlag = await preview(scene, { subscription, subscription_details: flag });
      must(byFlag.total === 9900, `by the flag it is ${byFlag.total}`);
      await scene.stripe.subscriptions.update(subscription, { cancel_at_period_end: false });
      await scene.stripe.subscriptions.update(subscription, { cancel_at: 'min_period_end' });
      const date = { ...renewalWith(made, scene.dearer), cancel_at: '' as const };
      const byDate = await preview(scene, { subscription, subscription_details: date });
      must(byDate.total === 9900, `by the date it is ${byDate.total}`);
    },
  },
  {
    says: 'The preview of an upgrade takes a waiting cancellation back beside it.',
    numbers: ['41', '43'],
    async check(scene) {
      const made = await subscribe(scene);
      await scene.stripe.subscriptions.update(made.id, { cancel_at_period_end: true });
      const prorationDate = Math.floor(Date.now() / 1000);
      const details = { ...changeOf(made, scene.dearer, { prorationDate }), cancel_at_period_end: false };
      const { total, lines } = await preview(scene, { subscription: made.id, subscription_details: details });
      must(total > 0 && total <= 9900 - 4900 + 1, `the upgrade costs ${total}`);
      must(
        lines.data.some((line) => line.amount < 0),
        'nothing is credited',
      );
    },
  },
  {
    says: 'An invoice of whole periods is previewed from customer, items, coupons and the tax switch; a subscription’s discount is none of it.',
    numbers: ['F3', 'F12', 'D61', 'D67'],
    async check(scene) {
      const coupon = await scene.coupon({ percent_off: 10, duration: 'forever' });
      const made = await subscribe(scene, { discounts: [{ coupon: coupon.id }] });
      const [discount] = made.discounts;
      const ask = (discounts: Stripe.InvoiceCreatePreviewParams.Discount[]) =>
        preview(scene, {
          customer: idOf(made.customer),
          automatic_tax: { enabled: false },
          discounts,
          subscription_details: { items: [{ price: scene.dearer.id, quantity: 2 }] },
        });
      await mustRefuse(
        ask([{ discount: idOf(discount) }]),
        'the discount of a subscription that is not asked about',
      );
      const asked = await ask([{ coupon: coupon.id }]);
      must(asked.total === 17_820, `it is ${asked.total}, not 198.00 less a tenth`);
    },
  },
  {
    says: 'A price that was archived is previewed by its own words where its id is refused.',
    numbers: ['D25'],
    async check(scene) {
      const old = await scene.price({ unit_amount: 3300, recurring: { interval: 'month' } });
      const made = await subscribe(scene, { items: [{ price: old.id }] });
      await scene.stripe.prices.update(old.id, { active: false });
      const asked = (item: Stripe.InvoiceCreatePreviewParams.SubscriptionDetails.Item) =>
        preview(scene, {
          customer: idOf(made.customer),
          automatic_tax: { enabled: false },
          subscription_details: { items: [{ quantity: 1, ...item }] },
        });
      await mustRefuse(asked({ price: old.id }), 'the archived price');
      const { total } = await asked({
        price_data: {
          currency: 'eur',
          product: scene.product,
          unit_amount: 3300,
          tax_behavior: 'exclusive',
          recurring: { interval: 'month', interval_count: 1 },
        },
      });
      must(total === 3300, `it is ${total}`);
    },
  },
  {
    says: 'Which plan does the preview of a scheduled subscription show?',
    numbers: ['D61', 'F16'],
    answers: ['the next phase’s', 'the running one'],
    async answer(scene) {
      const { total } = await preview(scene, { subscription: (await scheduled(scene)).id });
      if (total === 4900) return 'the next phase’s';
      return total === 9900 ? 'the running one' : `neither: ${total}`;
    },
  },
  {
    says: 'Which plan does the preview of a scheduled subscription show, when items are asked for?',
    numbers: ['D61', 'F16'],
    answers: ['the one asked for', 'the next phase’s'],
    async answer(scene) {
      const made = await scheduled(scene);
      const asked = await scene.price({ unit_amount: 19_900, recurring: { interval: 'month' } });
      const { id: subscription } = made;
      const details = renewalWith(made, asked);
      const { total } = await preview(scene, { subscription, subscription_details: details });
      if (total === 19_900) return 'the one asked for';
      return total === 4900 ? 'the next phase’s' : `neither: ${total}`;
    },
  },
];
