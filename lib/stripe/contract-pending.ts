import type Stripe from 'stripe';
import { CARD, changeOf, DEBIT, wanted } from './contract-changes';
import {
  breakCard,
  type Clause,
  DAY,
  idOf,
  itemOf,
  must,
  mustRefuse,
  refusal,
  subscribe,
  TAKEN_OR_REFUSED,
  takenOrRefused,
} from './contract-clause';
import { type Scene, Untestable } from './contract-scene';

const HOUR = 3600;

/** An upgrade by card, as the app asks for it. */
const upgrade = (scene: Scene, made: Stripe.Subscription, more: Stripe.SubscriptionUpdateParams = {}) =>
  scene.stripe.subscriptions.update(made.id, { ...changeOf(made, scene.dearer), ...CARD, ...more });

/** A subscription on a test clock whose renewal was declined, so many days after it. */
async function unpaidFor(scene: Scene, days: number): Promise<Stripe.Subscription> {
  const clock = await scene.clock();
  const customer = await scene.customer({ test_clock: clock.id });
  const made = await subscribe(scene, { customer: customer.id });
  await breakCard(scene, customer.id);
  // The invoice is finalised about an hour after the boundary (stripe.md F6).
  await clock.advance(31 * DAY);
  await clock.advance(2 * HOUR);
  if (days > 0) await clock.advance(days * DAY);
  return scene.stripe.subscriptions.retrieve(made.id);
}

/** Whether a pending update can be had of a subscription in this state. */
async function upgradeWhen(scene: Scene, status: 'past_due' | 'unpaid'): Promise<string> {
  const made = await unpaidFor(scene, status === 'unpaid' ? 25 : 0);
  if (made.status !== status) throw new Untestable(`by the account’s settings it is ${made.status}`);
  return takenOrRefused(upgrade(scene, made));
}

/** `prepare` makes the subscription, and hands back the upgrade: only that may be refused. */
const takes = (what: string, prepare: (scene: Scene) => Promise<() => Promise<unknown>>): Clause => ({
  says: `Is \`pending_if_incomplete\` taken ${what}?`,
  numbers: ['49', 'D42', 'D43', 'F16'],
  answers: TAKEN_OR_REFUSED,
  answer: async (scene) => takenOrRefused((await prepare(scene))()),
});

/** A plan that a SEPA debit pays. */
async function bySepa(scene: Scene): Promise<Stripe.Subscription> {
  const { id: customer } = await scene.customer({ email: 'contract@example.com' });
  const made = await subscribe(scene, { customer });
  let method = '';
  const refused = await refusal(
    scene.debit(customer).then((id) => {
      method = id;
    }),
  );
  if (refused) throw new Untestable(`the account takes no debits: ${refused.message}`);
  return scene.stripe.subscriptions.update(made.id, { default_payment_method: method });
}

/** An upgrade that waits for its money. */
async function waiting(scene: Scene, params: Stripe.CustomerCreateParams = {}) {
  const { id: customer } = await scene.customer(params);
  const made = await subscribe(scene, { customer });
  await breakCard(scene, customer);
  return { made, held: await upgrade(scene, made, { expand: ['latest_invoice'] }) };
}

const ENDS = ['customer.subscription.pending_update_expired', 'customer.subscription.updated'];

export const pendingClauses: Clause[] = [
  {
    says: 'An upgrade that cannot be paid waits as a pending update: the plan stays, and its invoice says where to pay.',
    numbers: ['41', 'D43', 'D44'],
    async check(scene) {
      const { held } = await waiting(scene);
      must(held.pending_update !== null, 'nothing waits');
      must(itemOf(held).price.id === scene.monthly.id, 'the plan changed before it was paid');
      const invoice = held.latest_invoice;
      must(typeof invoice === 'object' && invoice?.hosted_invoice_url != null, 'there is nowhere to pay');
    },
  },
  {
    says: 'A year that replaces months waits for its money like any other upgrade.',
    numbers: ['22', '41', 'D43'],
    async check(scene) {
      const made = await subscribe(scene);
      await breakCard(scene, idOf(made.customer));
      const params = { ...changeOf(made, scene.yearly, { restarts: true }), ...CARD };
      const held = await scene.stripe.subscriptions.update(made.id, params);
      must(held.pending_update !== null, 'nothing waits');
      must(held.billing_cycle_anchor === made.billing_cycle_anchor, 'the anchor moved before it was paid');
    },
  },
  {
    says: 'An upgrade that nobody paid leaves the cancellation that it would have taken back.',
    numbers: ['43', 'D43'],
    async check(scene) {
      const made = await subscribe(scene);
      await scene.stripe.subscriptions.update(made.id, { cancel_at_period_end: true });
      await breakCard(scene, idOf(made.customer));
      const held = await upgrade(scene, made, { cancel_at_period_end: false });
      must(held.pending_update !== null, 'nothing waits');
      must(held.cancel_at_period_end, 'the cancellation is gone');
    },
  },
  {
    says: 'Automatic tax is refused beside `pending_if_incomplete`, metadata is taken.',
    numbers: ['D43', 'F11'],
    async check(scene) {
      const made = await subscribe(scene);
      await mustRefuse(upgrade(scene, made, { automatic_tax: { enabled: false } }), 'automatic tax');
      const marked = await upgrade(scene, made, { metadata: { store: 's' } });
      must(marked.metadata.store === 's', 'the metadata is not there');
    },
  },
  {
    says: 'Who pays by SEPA debit is changed at once by `error_if_incomplete`, while the debit is under way.',
    numbers: ['41', '49', 'D37', 'D42'],
    async check(scene) {
      const made = await bySepa(scene);
      const changed = await scene.stripe.subscriptions.update(made.id, {
        ...changeOf(made, scene.dearer),
        ...DEBIT,
      });
      must(itemOf(changed).price.id === scene.dearer.id, 'the plan is the former');
      must(changed.status === 'active' && changed.pending_update === null, `it is ${changed.status}`);
    },
  },
  takes('with an item’s `price_data`', async (scene) => {
    const made = await subscribe(scene);
    const agreed = changeOf(made, scene.dearer, { price: wanted(scene.dearer, null) });
    return () => scene.stripe.subscriptions.update(made.id, { ...agreed, ...CARD });
  }),
  takes('with `off_session`', async (scene) => {
    const made = await subscribe(scene);
    return () => upgrade(scene, made, { off_session: true });
  }),
  takes('where an invoice is sent', async (scene) => {
    const { id: customer } = await scene.customer({ card: null, email: 'contract@example.com' });
    const by = { collection_method: 'send_invoice' as const, days_until_due: 14 };
    const made = await subscribe(scene, { customer, ...by });
    return () => upgrade(scene, made);
  }),
  takes('where a SEPA debit pays', async (scene) => {
    const made = await bySepa(scene);
    return () => upgrade(scene, made);
  }),
  {
    says: 'Is `pending_if_incomplete` taken of a subscription that is past due?',
    numbers: ['D42', 'F16'],
    answers: TAKEN_OR_REFUSED,
    answer: (scene) => upgradeWhen(scene, 'past_due'),
  },
  {
    says: 'Is `pending_if_incomplete` taken of a subscription that is unpaid?',
    numbers: ['17', 'D42', 'F16'],
    answers: TAKEN_OR_REFUSED,
    answer: (scene) => upgradeWhen(scene, 'unpaid'),
  },
  {
    says: 'A pending update runs out within a day: which events tell, in which order?',
    numbers: ['D44', 'F16'],
    answers: ['expired', 'expired, updated', 'updated, expired'],
    async answer(scene) {
      const clock = await scene.clock();
      const { made } = await waiting(scene, { test_clock: clock.id });
      const seen = async () => {
        const { data } = await scene.stripe.events.list({ types: ENDS, limit: 100 });
        return data.filter(({ data: { object } }) => 'id' in object && object.id === made.id).reverse();
      };
      const before = new Set((await seen()).map((event) => event.id));
      await clock.advance(24 * HOUR);
      const now = await scene.stripe.subscriptions.retrieve(made.id);
      must(now.pending_update === null, 'it still waits');
      must(itemOf(now).price.id === scene.monthly.id, 'the plan changed');
      const told = (await seen()).filter((event) => !before.has(event.id));
      return told.map((event) => event.type.replace(/^.*[._]/, '')).join(', ');
    },
  },
];
