import type Stripe from 'stripe';
import { wanted } from './contract-changes';
import {
  type Clause,
  DAY,
  idOf,
  itemOf,
  must,
  mustRefuse,
  subscribe,
  TAKEN_OR_REFUSED,
  takenOrRefused,
} from './contract-clause';
import type { Scene } from './contract-scene';
import { priceParams } from './parameters';
import { readSubscription } from './subscription-snapshot';

type Phase = Stripe.SubscriptionScheduleUpdateParams.Phase;

const MONTH = { interval: 'month' as const, interval_count: 1 };

/** A schedule made from a subscription, and the running phase as an update gives it again. */
async function take({ stripe }: Scene, made: Stripe.Subscription) {
  const { id, phases } = await stripe.subscriptionSchedules.create({ from_subscription: made.id });
  const [phase] = phases;
  must(phase !== undefined, 'the schedule has no phase');
  const bare = { items: [{ price: itemOf(made).price.id, quantity: itemOf(made).quantity ?? 1 }] };
  const running: Phase = { ...bare, start_date: phase.start_date, end_date: phase.end_date };
  const write = (ahead: Phase, now: Phase = running) =>
    stripe.subscriptionSchedules.update(id, {
      end_behavior: 'release',
      proration_behavior: 'none',
      phases: [now, ahead],
    });
  return { id, running, write };
}

/** What follows: this price for a month at a time. */
const next = (price: string, more: Partial<Phase> = {}): Phase => ({
  items: [{ price, quantity: 1 }],
  duration: MONTH,
  proration_behavior: 'none',
  ...more,
});

export const scheduleClauses: Clause[] = [
  {
    says: 'A schedule from a subscription takes a second phase, is read with it, refuses cancellation fields, and lets go once.',
    numbers: ['42', 'D47', 'D58', 'D60'],
    async check(scene) {
      const { subscriptions, subscriptionSchedules } = scene.stripe;
      const made = await subscribe(scene, { items: [{ price: scene.dearer.id }] });
      const { id, write } = await take(scene, made);
      await write(next(scene.monthly.id));
      const scheduled = await subscriptions.retrieve(made.id, { expand: ['schedule'] });
      const ahead = readSubscription(scheduled).nextPhase?.prices[0]?.priceId;
      must(ahead === scene.monthly.id, 'the next phase is not shown');
      const cancelling = subscriptions.update(made.id, { cancel_at_period_end: true });
      await mustRefuse(cancelling, 'a cancellation beside it');
      const second = subscriptionSchedules.create({ from_subscription: made.id });
      await mustRefuse(second, 'a second schedule');
      await subscriptionSchedules.release(id);
      const free = await subscriptions.retrieve(made.id);
      must(
        free.schedule === null && itemOf(free).price.id === scene.dearer.id,
        'it holds, or the plan changed',
      );
      await mustRefuse(subscriptionSchedules.release(id), 'letting go twice');
    },
  },
  {
    says: 'At the period’s end the next phase’s plan runs and is billed, without proration.',
    numbers: ['F4', 'F6', 'D40'],
    async check(scene) {
      const clock = await scene.clock();
      const { id: customer } = await scene.customer({ test_clock: clock.id });
      const made = await subscribe(scene, { customer, items: [{ price: scene.dearer.id }] });
      await (await take(scene, made)).write(next(scene.monthly.id));
      await clock.advance(31 * DAY);
      await clock.advance(2 * 3600);
      const now = await scene.stripe.subscriptions.retrieve(made.id, { expand: ['latest_invoice'] });
      must(itemOf(now).price.id === scene.monthly.id, 'the plan is the former');
      const invoice = now.latest_invoice;
      must(typeof invoice === 'object' && invoice?.total === 4900, 'it is not billed whole');
    },
  },
  {
    says: 'A trial that is named in the running phase goes on, and the next plan follows it.',
    numbers: ['D59', 'F5'],
    async check(scene) {
      const trial_end = Math.floor(Date.now() / 1000) + 5 * DAY;
      const made = await subscribe(scene, { trial_end });
      const { running, write } = await take(scene, made);
      await write(next(scene.dearer.id), { ...running, trial_end });
      const now = await scene.stripe.subscriptions.retrieve(made.id);
      must(now.status === 'trialing' && now.trial_end === trial_end, `it is ${now.status}`);
    },
  },
  {
    says: 'A year that becomes months begins their rhythm with the phase, by a price of the catalogue or an agreed one.',
    numbers: ['D40', 'D59'],
    async check(scene) {
      const made = await subscribe(scene, { items: [{ price: scene.yearly.id }] });
      const { write } = await take(scene, made);
      const anew = { billing_cycle_anchor: 'phase_start' as const };
      const listed = await write(next(scene.monthly.id, anew));
      must(listed.phases[1]?.billing_cycle_anchor === 'phase_start', 'the rhythm stays the year’s');
      const items = [{ quantity: 1, ...priceParams(wanted(scene.monthly, null)) }];
      const agreed = await write(next('', { ...anew, items }));
      must(agreed.phases[1]?.items[0]?.price !== scene.monthly.id, 'the agreed price is the listed one');
    },
  },
  {
    says: 'Discounts go on by their own ids in both phases, a deleted coupon’s too, and are not redeemed anew.',
    numbers: ['F2', 'F3'],
    async check(scene) {
      const coupon = await scene.stripe.coupons.create({ percent_off: 10, duration: 'forever' });
      const made = await subscribe(scene, { discounts: [{ coupon: coupon.id }] });
      await scene.stripe.coupons.del(coupon.id);
      const discounts = [{ discount: idOf(made.discounts[0]) }];
      const { running, write } = await take(scene, made);
      const { phases } = await write(next(scene.dearer.id, { discounts }), { ...running, discounts });
      must(
        phases.every((phase) => phase.discounts.length === 1),
        'a phase lost its discount',
      );
      const now = await scene.stripe.subscriptions.retrieve(made.id);
      must(now.discounts.length === 1, `${now.discounts.length} discounts run`);
    },
  },
  {
    says: 'An item’s metadata is kept where the update of the schedule gives it again.',
    numbers: ['F5'],
    async check(scene) {
      const metadata = { kind: 'plan' };
      const made = await subscribe(scene, { items: [{ price: scene.monthly.id, metadata }] });
      const { running, write } = await take(scene, made);
      const items = running.items.map((item) => ({ ...item, metadata }));
      await write(next(scene.dearer.id), { ...running, items });
      const now = await scene.stripe.subscriptions.retrieve(made.id);
      must(itemOf(now).metadata.kind === 'plan', 'the item lost it');
    },
  },
  {
    says: 'A phase is given again with its method, its collection, its tax switch, its description and its marks.',
    numbers: ['F5'],
    async check(scene) {
      const { id: customer } = await scene.customer();
      const { id: method } = await scene.stripe.paymentMethods.attach('pm_card_mastercard', { customer });
      const facts = {
        automatic_tax: { enabled: false },
        collection_method: 'charge_automatically' as const,
        default_payment_method: method,
        description: 'Plan',
        metadata: { merchant: 'm' },
      };
      const made = await subscribe(scene, { customer, ...facts });
      const { running, write } = await take(scene, made);
      const { phases } = await write(next(scene.dearer.id, facts), { ...running, ...facts });
      for (const phase of phases) {
        must(idOf(phase.default_payment_method) === method, 'a phase lost its method');
        must(phase.description === 'Plan' && phase.metadata?.merchant === 'm', 'a phase lost its words');
      }
      const now = await scene.stripe.subscriptions.retrieve(made.id);
      must(idOf(now.default_payment_method) === method, 'the subscription lost its method');
      must(now.metadata.merchant === 'm', 'the subscription lost its marks');
    },
  },
  {
    says: 'What a released schedule would have done is put on a new one, with the phase’s own end.',
    numbers: ['42', 'D59', 'D60'],
    async check(scene) {
      const made = await subscribe(scene);
      const first = await take(scene, made);
      const ahead = (await first.write(next(scene.dearer.id))).phases[1];
      must(ahead !== undefined, 'there is no second phase');
      await scene.stripe.subscriptionSchedules.release(first.id);
      const again = await (await take(scene, made)).write({
        items: [{ price: scene.dearer.id, quantity: 1 }],
        end_date: ahead.end_date,
        proration_behavior: 'none',
      });
      must(again.phases[1]?.end_date === ahead.end_date, 'it ends at another time');
    },
  },
  {
    says: 'May the running phase name a price that was archived?',
    numbers: ['D25', 'F16'],
    answers: TAKEN_OR_REFUSED,
    async answer(scene) {
      const old = await scene.price({ unit_amount: 3300, recurring: { interval: 'month' } });
      const made = await subscribe(scene, { items: [{ price: old.id }] });
      await scene.stripe.prices.update(old.id, { active: false });
      const { write } = await take(scene, made);
      return takenOrRefused(write(next(scene.monthly.id)));
    },
  },
  {
    says: 'May the running phase name a price that was made by `price_data`, which is never active?',
    numbers: ['D24', 'D25', 'F16'],
    answers: TAKEN_OR_REFUSED,
    async answer(scene) {
      const { price_data } = priceParams(wanted(scene.dearer, null)) as {
        price_data: Stripe.SubscriptionCreateParams.Item.PriceData;
      };
      const made = await subscribe(scene, { items: [{ price_data }] });
      const { write } = await take(scene, made);
      return takenOrRefused(write(next(scene.monthly.id)));
    },
  },
];
