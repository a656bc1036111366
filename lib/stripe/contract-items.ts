import type Stripe from 'stripe';
import { type Clause, idOf, must, mustRefuse, subscribe } from './contract-clause';
import type { Scene } from './contract-scene';

/** A plan of 99.00 and an add-on of 9.00, of which half is taken off. */
async function withDiscount(scene: Scene) {
  const coupon = await scene.coupon({ percent_off: 50, duration: 'forever' });
  const addOn = await scene.price({ unit_amount: 900, recurring: { interval: 'month' } });
  const made = await subscribe(scene, {
    items: [{ price: scene.dearer.id }, { price: addOn.id, discounts: [{ coupon: coupon.id }] }],
  });
  const itemOf = ({ items }: Stripe.Subscription) => {
    const item = items.data.find((one) => one.price.id === addOn.id);
    must(item !== undefined, 'the add-on is gone');
    return item;
  };
  return { coupon, addOn, made, itemOf, discount: idOf(itemOf(made).discounts[0]) };
}

/** A plan of 49.00 under one tax rate, an add-on of 9.00 under another. */
async function withRates(scene: Scene) {
  const rate = async (percentage: number) => {
    const made = await scene.stripe.taxRates.create({ display_name: 'VAT', percentage, inclusive: false });
    scene.afterwards(() => scene.stripe.taxRates.update(made.id, { active: false }));
    return made.id;
  };
  const [whole, reduced] = [await rate(17), await rate(8)];
  const addOn = await scene.price({ unit_amount: 900, recurring: { interval: 'month' } });
  const made = await subscribe(scene, {
    default_tax_rates: [whole],
    items: [{ price: scene.monthly.id }, { price: addOn.id, tax_rates: [reduced] }],
  });
  return { whole, reduced, addOn, made };
}

/** The running phase of a schedule made of it, then one month more, each with what `given` says. */
async function twoPhases(
  scene: Scene,
  made: Stripe.Subscription,
  given: Omit<Stripe.SubscriptionScheduleUpdateParams.Phase, 'start_date' | 'end_date'>,
) {
  const { stripe } = scene;
  const { id, phases } = await stripe.subscriptionSchedules.create({ from_subscription: made.id });
  const [running] = phases;
  must(running !== undefined, 'the schedule has no phase');
  const written = await stripe.subscriptionSchedules.update(id, {
    phases: [
      { ...given, start_date: running.start_date, end_date: running.end_date },
      { ...given, duration: { interval: 'month' } },
    ],
  });
  return { running, written, now: await stripe.subscriptions.retrieve(made.id) };
}

/** What items have of their own: discounts and tax rates. */
export const itemClauses: Clause[] = [
  {
    says: 'An item’s discount takes off its own line alone, before the subscription’s, and is named on the item.',
    numbers: ['D69'],
    async check(scene) {
      const { made, discount } = await withDiscount(scene);
      must(discount !== '' && made.discounts.length === 0, 'it is not the item’s own');
      const invoice = await scene.stripe.invoices.retrieve(idOf(made.latest_invoice));
      must(invoice.total === 9900 + 450, `the first invoice is of ${invoice.total}`);
      const off = invoice.lines.data.flatMap((line) => line.discount_amounts ?? []).map((one) => one.amount);
      must(Math.max(...off) === 450, `${off} is taken off`);
      const tenth = await scene.coupon({ percent_off: 10, duration: 'forever' });
      await scene.stripe.subscriptions.update(made.id, { discounts: [{ coupon: tenth.id }] });
      const { total } = await scene.stripe.invoices.createPreview({ subscription: made.id });
      must(total === 8910 + 405, `with a tenth less it is ${total}`);
    },
  },
  {
    says: 'A change of an item keeps its discount, empty words take it off, and a preview redeems none.',
    numbers: ['D69'],
    async check(scene) {
      const { coupon, made, itemOf, discount } = await withDiscount(scene);
      const { subscriptions, invoices, coupons } = scene.stripe;
      const { id } = itemOf(made);
      const asked = await invoices.createPreview({
        subscription: made.id,
        subscription_details: { items: [{ id, discounts: [{ coupon: coupon.id }] }] },
      });
      must(asked.total === 9900 + 450, `the preview is of ${asked.total}`);
      must((await coupons.retrieve(coupon.id)).times_redeemed === 1, 'the preview redeemed it');
      const none = { proration_behavior: 'none' as const };
      const twice = await subscriptions.update(made.id, { items: [{ id, quantity: 2 }], ...none });
      must(idOf(itemOf(twice).discounts[0]) === discount, 'it is lost or another');
      const off = await subscriptions.update(made.id, {
        items: [{ id, quantity: 2, discounts: '' }],
        ...none,
      });
      must(itemOf(off).discounts.length === 0, 'it is still there');
    },
  },
  {
    says: 'An item’s discount goes on by its own id in the phases that name it, and another’s is refused.',
    numbers: ['F3', 'D67', 'D69'],
    async check(scene) {
      const { made, addOn, coupon, itemOf, discount } = await withDiscount(scene);
      const items = (id: string) => [
        { price: scene.dearer.id },
        { price: addOn.id, discounts: [{ discount: id }] },
      ];
      const { written, now } = await twoPhases(scene, made, { items: items(discount) });
      const named = written.phases.map((phase) => phase.items.flatMap((item) => item.discounts).length);
      must(named.join() === '1,1', `the phases name ${named.join(' and ')}`);
      must(idOf(itemOf(now).discounts[0]) === discount, 'the item has another');
      must((await scene.stripe.coupons.retrieve(coupon.id)).times_redeemed === 1, 'it was redeemed anew');
      const other = await subscribe(scene);
      await mustRefuse(twoPhases(scene, other, { items: items(discount) }), 'the discount of another');
    },
  },
  {
    says: 'Tax rates set by hand tax an item by its own, else by the subscription’s, and go on in the phases that name them.',
    numbers: ['D70', 'F5'],
    async check(scene) {
      const { whole, reduced, addOn, made } = await withRates(scene);
      const { total } = await scene.stripe.invoices.retrieve(idOf(made.latest_invoice));
      must(total === 4900 + 833 + 900 + 72, `the first invoice is of ${total}`);
      const { running, now } = await twoPhases(scene, made, {
        default_tax_rates: [whole],
        items: [{ price: scene.monthly.id }, { price: addOn.id, tax_rates: [reduced] }],
      });
      must((running.default_tax_rates ?? [])[0]?.id === whole, 'the schedule begins without the rate');
      const own = now.items.data.find((one) => one.price.id === addOn.id)?.tax_rates ?? [];
      must(now.default_tax_rates?.[0]?.id === whole && own[0]?.id === reduced, 'a rate is lost');
    },
  },
];
