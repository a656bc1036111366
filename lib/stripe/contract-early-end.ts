import type Stripe from 'stripe';
import { type Clause, DAY, idOf, itemOf, must, subscribe } from './contract-clause';
import type { Scene } from './contract-scene';

type Behavior = NonNullable<Stripe.SubscriptionUpdateParams['proration_behavior']>;

/** A plan for a month that is told to end in ten days, with what then waits for its customer's next invoice. */
async function endsEarly(scene: Scene, proration_behavior: Behavior) {
  const made = await subscribe(scene);
  const customer = idOf(made.customer);
  const end = (cancel_at: number | '') =>
    scene.stripe.subscriptions.update(made.id, { cancel_at, proration_behavior });
  const waiting = async () =>
    (await scene.stripe.invoiceItems.list({ customer, pending: true, limit: 100 })).data.map(
      (one) => one.amount,
    );
  return { told: await end(itemOf(made).current_period_start + 10 * DAY), end, waiting };
}

const sum = (amounts: number[]) => amounts.reduce((total, amount) => total + amount, 0);

const totalOf = async (scene: Scene, { latest_invoice }: Stripe.Subscription): Promise<number> =>
  (await scene.stripe.invoices.retrieve(idOf(latest_invoice))).total;

/** A `cancel_at` that is not the period's end: before it, or in a period to come; and taken back. */
export const earlyEndClauses: Clause[] = [
  {
    says: 'An end before the period’s gives the rest back with the next invoice.',
    numbers: ['D68'],
    async check(scene) {
      const { told, waiting } = await endsEarly(scene, 'create_prorations');
      must(told.cancel_at !== null && !told.cancel_at_period_end, 'no end is told');
      const credit = sum(await waiting());
      must(credit < -2900 && credit > -4000, `${credit} waits, not two thirds of 49.00`);
    },
  },
  {
    says: 'An end before the period’s gives the rest back at once with `always_invoice`.',
    numbers: ['D68'],
    async check(scene) {
      const { told, waiting } = await endsEarly(scene, 'always_invoice');
      const total = await totalOf(scene, told);
      must(total < -2900 && total > -4000, `the invoice is of ${total}`);
      must((await waiting()).length === 0, 'something waits beside it');
    },
  },
  {
    says: 'An end before the period’s gives nothing back with `none`, and costs nothing when it is taken back.',
    numbers: ['D68'],
    async check(scene) {
      const { told, end, waiting } = await endsEarly(scene, 'none');
      const before = await totalOf(scene, told);
      must((await waiting()).length === 0, 'something waits');
      const back = await end('');
      must(back.cancel_at === null, 'it still ends');
      must((await waiting()).length === 0 && (await totalOf(scene, back)) === before, 'it costs something');
    },
  },
  {
    says: 'What becomes of a credit that waits when the early end is taken back?',
    numbers: ['D68'],
    answers: ['it goes', 'a charge of the same answers it', 'it stays'],
    async answer(scene) {
      const { end, waiting } = await endsEarly(scene, 'create_prorations');
      await end('');
      const left = await waiting();
      if (left.length === 0) return 'it goes';
      return Math.abs(sum(left)) <= 1 ? 'a charge of the same answers it' : 'it stays';
    },
  },
  {
    says: 'Is what was given back at once charged again when the early end is taken back with `always_invoice`?',
    numbers: ['D68'],
    answers: ['charged again', 'kept'],
    async answer(scene) {
      const { told, end } = await endsEarly(scene, 'always_invoice');
      const back = await end('');
      return idOf(back.latest_invoice) !== idOf(told.latest_invoice) && (await totalOf(scene, back)) > 0
        ? 'charged again'
        : 'kept';
    },
  },
  {
    says: 'An end in a period to come bills that period as far as it lasts, with each proration behaviour, and taken back leaves it whole.',
    numbers: ['D68'],
    async check(scene) {
      for (const proration_behavior of ['create_prorations', 'none', 'always_invoice'] as const) {
        const made = await subscribe(scene);
        const next = async () => (await scene.stripe.invoices.createPreview({ subscription: made.id })).total;
        const end = (cancel_at: number | '') =>
          scene.stripe.subscriptions.update(made.id, { cancel_at, proration_behavior });
        await end(itemOf(made).current_period_end + 7 * DAY);
        const cut = await next();
        must(cut > 1000 && cut < 1300, `${proration_behavior}: seven days of 49.00 are ${cut}`);
        await end('');
        must((await next()) === 4900, `${proration_behavior}: taken back it is ${await next()}`);
      }
    },
  },
];
