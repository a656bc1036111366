import type Stripe from 'stripe';
import {
  type Clause,
  DAY,
  idOf,
  must,
  mustRefuse,
  refusal,
  TAKEN_OR_REFUSED,
  takenOrRefused,
  withTax,
} from './contract-clause';
import { type Scene, Untestable } from './contract-scene';
import { readSession } from './session-snapshot';

type Params = Stripe.Checkout.SessionCreateParams;

const MARKS = { merchant: 'm', platform: 'p', store: 's', kind: 'plan' };
const WHERE = {
  success_url: 'https://example.com/billing?session_id={CHECKOUT_SESSION_ID}',
  cancel_url: 'https://example.com/billing',
};
const inDays = (days: number) => Math.floor(Date.now() / 1000) + days * DAY;

/** A plan for who has told nothing yet. */
const planFor = (scene: Scene, customer: string, params: Partial<Params> = {}): Params => ({
  mode: 'subscription',
  customer,
  customer_update: { name: 'auto', address: 'auto' },
  billing_address_collection: 'required',
  tax_id_collection: { enabled: true },
  client_reference_id: 'merchant_1',
  line_items: [{ price: scene.yearly.id, quantity: 1 }],
  ...WHERE,
  allow_promotion_codes: true,
  adaptive_pricing: { enabled: false },
  automatic_tax: { enabled: false },
  metadata: { ...MARKS, place: 'place' },
  subscription_data: { metadata: MARKS },
  ...params,
});

/** Opens a session and sees to it that nobody can pay it. */
async function open({ stripe, afterwards }: Scene, params: Params, idempotencyKey?: string) {
  const session = await stripe.checkout.sessions.create(params, idempotencyKey ? { idempotencyKey } : {});
  afterwards(() => stripe.checkout.sessions.expire(session.id));
  return session;
}

const german = (scene: Scene) =>
  scene.customer({
    card: null,
    address: { line1: 'Unter den Linden 1', postal_code: '10117', city: 'Berlin', country: 'DE' },
  });

export const checkoutClauses: Clause[] = [
  {
    says: 'A plan is sold to who has told nothing yet: name, address and VAT number are asked for, promotion codes taken, the trial goes on.',
    numbers: ['44', 'F9', 'D33', 'D34', 'D35'],
    async check(scene) {
      const { id } = await scene.stripe.customers.create({});
      scene.afterwards(() => scene.stripe.customers.del(id));
      const trial_end = inDays(5);
      const params = planFor(scene, id, { subscription_data: { metadata: MARKS, trial_end } });
      const session = await open(scene, params);
      must(session.url !== null && session.status === 'open', 'it is not open');
      must(readSession(session).marks?.kind === 'plan', 'the marks are gone');
      must(session.client_reference_id === 'merchant_1', 'the reference is gone');
      must(session.adaptive_pricing?.enabled === false, 'the buyer may pay in another currency');
    },
  },
  {
    says: 'A plan is sold to whom we know: nothing is asked for that we hold, and only the methods that we name are offered.',
    numbers: ['44', 'D37', 'F9'],
    async check(scene) {
      const { id } = await german(scene);
      const { customer_update: _, tax_id_collection: __, ...known } = planFor(scene, id);
      const session = await open(scene, {
        ...known,
        billing_address_collection: 'auto',
        allowed_payment_method_types: ['card', 'link'],
      });
      must(session.url !== null, 'it is not open');
      must(session.payment_method_types.includes('card'), 'no card is taken');
      must(!session.payment_method_types.includes('sepa_debit'), 'debits are offered all the same');
    },
  },
  {
    says: 'With Stripe Tax a plan is sold without asking for a VAT number, where the address is known and where it is asked for.',
    numbers: ['44', '48', 'D18', 'D34'],
    async check(scene) {
      const automatic_tax = { enabled: true };
      const { id } = await german(scene);
      const { customer_update: _, tax_id_collection: __, ...known } = planFor(scene, id, { automatic_tax });
      const there = { ...known, billing_address_collection: 'auto' as const };
      must((await withTax(() => open(scene, there))).automatic_tax.enabled, 'known: without tax');
      const unknown = await scene.customer({ card: null, address: '' });
      const asked = { ...known, customer: unknown.id, customer_update: { address: 'auto' as const } };
      must((await open(scene, asked)).automatic_tax.enabled, 'unknown: without tax');
    },
  },
  {
    says: 'A package is sold once, with an invoice, and its marks on session, invoice and payment.',
    numbers: ['D36', 'F9'],
    async check(scene) {
      const { id } = await scene.customer({ card: null });
      const { subscription_data: _, ...once } = planFor(scene, id, {
        mode: 'payment',
        line_items: [{ price: scene.once.id, quantity: 1 }],
        invoice_creation: { enabled: true, invoice_data: { metadata: MARKS } },
        payment_intent_data: { metadata: MARKS },
      });
      const session = await open(scene, once);
      must(session.mode === 'payment' && session.url !== null, 'it is not open');
      must(session.invoice_creation?.enabled === true, 'it makes no invoice');
      must(session.amount_total === 1500, `it costs ${session.amount_total}`);
    },
  },
  {
    says: 'The same key is the same session, other words under it are refused, it is listed while open, and it expires once.',
    numbers: ['39', 'D6', 'D39'],
    async check(scene) {
      const { sessions } = scene.stripe.checkout;
      const { id } = await scene.customer({ card: null });
      const params = planFor(scene, id);
      const [one, two] = [
        await open(scene, params, `contract:${id}`),
        await open(scene, params, `contract:${id}`),
      ];
      must(one.id === two.id, 'two sessions under one key');
      const other = await open(scene, { ...params, allow_promotion_codes: false }, `contract:${id}`).catch(
        (error: { type?: string }) => error.type,
      );
      must(other === 'StripeIdempotencyError', 'other words under the same key were taken');
      const listed = await sessions.list({ customer: id, status: 'open', limit: 100 });
      must(listed.data.length === 1 && listed.data[0]?.metadata?.place === 'place', 'it is not listed');
      must((await sessions.expire(one.id)).status === 'expired', 'it did not expire');
      await mustRefuse(sessions.expire(one.id), 'expiring it twice');
      const { status, url } = await sessions.retrieve(one.id);
      must(status === 'expired' && url === null, 'it can still be opened');
    },
  },
  {
    says: 'A VAT number is asked of a known customer only where its name may be updated.',
    numbers: ['44', 'D34'],
    async check(scene) {
      const { id } = await scene.customer({ card: null });
      const params = planFor(scene, id, { customer_update: { address: 'auto' } });
      await mustRefuse(open(scene, params), 'asking for the number without the name');
    },
  },
  {
    says: 'A total of 0.30 euro is refused as too small.',
    numbers: ['D32', 'F11'],
    async check(scene) {
      const { id } = await scene.customer({ card: null });
      const cheap = await scene.price({ unit_amount: 30 });
      const { subscription_data: _, ...once } = planFor(scene, id, {
        mode: 'payment',
        line_items: [{ price: cheap.id, quantity: 1 }],
      });
      await mustRefuse(open(scene, once), '0.30 euro', 'amount_too_small');
    },
  },
  {
    says: 'A trial may end in two years at most, and not within two days.',
    numbers: ['D33'],
    async check(scene) {
      const { id } = await scene.customer({ card: null });
      const until = (days: number) =>
        open(scene, planFor(scene, id, { subscription_data: { metadata: MARKS, trial_end: inDays(days) } }));
      await mustRefuse(until(800), 'a trial of 800 days');
      await mustRefuse(until(1), 'a trial of one day');
      must((await refusal(until(729))) === null, 'a trial of 729 days is refused');
    },
  },
  {
    says: 'Does Checkout with automatic tax take a price that does not say whether tax is within it?',
    numbers: ['D20'],
    answers: TAKEN_OR_REFUSED,
    async answer(scene) {
      const { id } = await german(scene);
      const plain = await scene.price({
        unit_amount: 4900,
        recurring: { interval: 'month' },
        tax_behavior: 'unspecified',
      });
      const {
        customer_update: _,
        tax_id_collection: __,
        ...known
      } = planFor(scene, id, {
        automatic_tax: { enabled: true },
        line_items: [{ price: plain.id, quantity: 1 }],
      });
      return takenOrRefused(open(scene, known));
    },
  },
  {
    says: 'Stripe Tax believes a VAT number that does not exist: the tax is 0, as reverse charge.',
    numbers: ['48', 'D16', 'D17'],
    async check(scene) {
      const { id } = await german(scene);
      await scene.stripe.customers.createTaxId(id, { type: 'eu_vat', value: 'DE123456789' });
      const preview = await withTax(() =>
        scene.stripe.invoices.createPreview({
          customer: id,
          automatic_tax: { enabled: true },
          subscription_details: { items: [{ price: scene.monthly.id, quantity: 1 }] },
        }),
      );
      const [tax] = preview.total_taxes ?? [];
      if (tax?.taxability_reason === 'not_collecting') throw new Untestable('no registration in Germany');
      must(tax?.taxability_reason === 'reverse_charge', `the reason is ${tax?.taxability_reason}`);
      must(preview.total === scene.monthly.unit_amount, `the total is ${preview.total}`);
    },
  },
  {
    says: 'A plan whose first payment needs the buyer is incomplete, and ends at once when it is cancelled.',
    numbers: ['16', 'F1', 'D50'],
    async check(scene) {
      const { id } = await scene.customer({ card: 'pm_card_authenticationRequired' });
      const made = await scene.stripe.subscriptions.create({
        customer: id,
        items: [{ price: scene.monthly.id }],
        metadata: MARKS,
        payment_behavior: 'default_incomplete',
      });
      must(made.status === 'incomplete', `it is ${made.status}`);
      must(idOf(made.latest_invoice) !== '', 'it has no invoice');
      const { status } = await scene.stripe.subscriptions.cancel(made.id);
      must(status === 'canceled' || status === 'incomplete_expired', `it is ${status} afterwards`);
    },
  },
];
