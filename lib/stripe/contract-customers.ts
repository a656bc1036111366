import { type Clause, must, mustRefuse, refusal, subscribe, withTax } from './contract-clause';
import type { Scene } from './contract-scene';

const DETAILS = {
  name: 'Acme SARL',
  email: 'billing@acme.test',
  address: {
    line1: '1, rue de la Gare',
    line2: '',
    postal_code: 'L-1611',
    city: 'Luxembourg',
    state: '',
    country: 'LU',
  },
};

/** Our portal, as customers.ts makes it. */
const PORTAL = {
  name: 'Tierline contract test',
  metadata: { tierline: 'portal' },
  features: {
    payment_method_update: { enabled: true },
    invoice_history: { enabled: true },
    customer_update: {
      enabled: true,
      allowed_updates: ['name' as const, 'email' as const, 'address' as const, 'tax_id' as const],
    },
    subscription_cancel: {
      enabled: true,
      mode: 'at_period_end' as const,
      cancellation_reason: {
        enabled: true,
        options: [
          'too_expensive' as const,
          'missing_features' as const,
          'switched_service' as const,
          'unused' as const,
          'other' as const,
        ],
      },
    },
    subscription_update: { enabled: false },
  },
};

async function makePortal({ stripe, afterwards }: Scene) {
  const made = await stripe.billingPortal.configurations.create(PORTAL);
  afterwards(() => stripe.billingPortal.configurations.update(made.id, { active: false }));
  return made;
}

const bare = (scene: Scene) => scene.customer({ card: null });

export const customerClauses: Clause[] = [
  {
    says: 'A customer is made with nothing said, and twice under one key it is the same.',
    numbers: ['39', 'D6'],
    async check({ stripe, afterwards, product }) {
      const idempotencyKey = `contract:customer:${product}`;
      const one = await stripe.customers.create({}, { idempotencyKey });
      afterwards(() => stripe.customers.del(one.id));
      const two = await stripe.customers.create({}, { idempotencyKey });
      must(one.id === two.id, 'two customers under one key');
    },
  },
  {
    says: 'Name, address, e-mail, tax exemption and marks are written in one call, and empty words clear.',
    numbers: ['52', 'D5', 'D14'],
    async check(scene) {
      const { id } = await bare(scene);
      const { customers } = scene.stripe;
      const told = await customers.update(id, {
        ...DETAILS,
        tax_exempt: 'reverse',
        metadata: { merchant: 'm' },
      });
      must(told.name === DETAILS.name && told.email === DETAILS.email, 'name or e-mail is another');
      must(told.address?.city === 'Luxembourg' && !told.address.line2, 'the address is another');
      must(told.tax_exempt === 'reverse' && told.metadata.merchant === 'm', 'exemption or mark is gone');
      const cleared = await customers.update(id, { ...DETAILS, name: '', email: '' });
      must(!cleared.name && !cleared.email, 'empty words did not clear');
      must(
        cleared.tax_exempt === 'reverse' && cleared.metadata.merchant === 'm',
        'what was left out changed',
      );
      must((await customers.update(id, { tax_exempt: 'none' })).tax_exempt === 'none', 'it stays exempt');
      const marked = await customers.update(id, { metadata: { merchant: 'other' } });
      must(marked.metadata.merchant === 'other', 'the mark alone is not written');
    },
  },
  {
    says: 'A VAT number is given, found with the others, and taken away once; one that has not its country’s form is refused.',
    numbers: ['37', 'D15'],
    async check(scene) {
      const { id } = await bare(scene);
      const { customers } = scene.stripe;
      const made = await customers.createTaxId(id, { type: 'eu_vat', value: 'DE123456789' });
      const next = await customers.createTaxId(id, { type: 'eu_vat', value: 'FRAB123456789' });
      const { data } = await customers.listTaxIds(id, { limit: 100 });
      must(data.length === 2 && data.every(({ type }) => type === 'eu_vat'), 'not both are listed');
      must(data.find((one) => one.id === made.id)?.value === 'DE123456789', 'the number is another');
      const wrong = customers.createTaxId(id, { type: 'eu_vat', value: 'DE12' });
      await mustRefuse(wrong, 'DE12', 'tax_id_invalid');
      await customers.deleteTaxId(id, next.id);
      await mustRefuse(customers.deleteTaxId(id, next.id), 'taking it away twice', 'resource_missing');
    },
  },
  {
    says: 'The newest method is listed first, and the default is named by the customer.',
    numbers: ['D64'],
    async check(scene) {
      const { id } = await scene.customer();
      const { customers, paymentMethods } = scene.stripe;
      const newer = await paymentMethods.attach('pm_card_mastercard', { customer: id });
      const [first, ...more] = (await customers.listPaymentMethods(id, { limit: 1 })).data;
      must(first !== undefined && more.length === 0, 'not exactly one is listed');
      // Both may have come within one second.
      must(first.id === newer.id || first.created === newer.created, 'the older one is listed');
      const customer = await customers.retrieve(id);
      must(
        !customer.deleted && customer.invoice_settings.default_payment_method !== newer.id,
        'the default moved',
      );
    },
  },
  {
    says: 'A customer is deleted with its subscriptions; then it answers as deleted, and all else is `resource_missing`.',
    numbers: ['35', 'D23', 'F11'],
    async check(scene) {
      const { stripe } = scene;
      const made = await subscribe(scene);
      const id = String(made.customer);
      await stripe.customers.del(id);
      must((await stripe.customers.retrieve(id)).deleted === true, 'it is still there');
      must((await stripe.subscriptions.retrieve(made.id)).status === 'canceled', 'its subscription lives');
      await mustRefuse(stripe.customers.update(id, { name: 'x' }), 'an update', 'resource_missing');
      await mustRefuse(stripe.customers.del(id), 'a second deletion', 'resource_missing');
    },
  },
  {
    says: 'An address is placed at once where that is asked for: one in Luxembourg is taken, a country alone that needs more is refused.',
    numbers: ['D13', 'D12'],
    async check(scene) {
      const { id } = await bare(scene);
      const at = (country: string) =>
        scene.stripe.customers.update(id, {
          address: { ...DETAILS.address, postal_code: country === 'LU' ? 'L-1611' : '', country },
          tax: { validate_location: 'immediately' },
        });
      must((await refusal(at('LU'))) === null, 'Luxembourg is refused');
      await mustRefuse(at('US'), 'the country alone', 'customer_tax_location_invalid');
    },
  },
  {
    says: 'What becomes of an address that cannot be placed, once the customer pays automatic tax?',
    numbers: ['D12', 'F16'],
    answers: ['refused as customer_tax_location_invalid', 'stored'],
    async answer(scene) {
      const made = await withTax(() => subscribe(scene, { automatic_tax: { enabled: true } }));
      const update = scene.stripe.customers.update(String(made.customer), { address: { country: 'US' } });
      const said = await refusal(update);
      return said ? `refused as ${said.code}` : 'stored';
    },
  },
  {
    says: 'The portal is made with our features, without a change of plan, and opens for a customer.',
    numbers: ['42', 'D63'],
    async check(scene) {
      const { id: configuration, active, features } = await makePortal(scene);
      must(active, 'it is not active');
      must(!features.subscription_update.enabled, 'it offers a change of plan');
      must(features.subscription_cancel.mode === 'at_period_end', 'it cancels at once');
      const { id: customer } = await bare(scene);
      const asked = { customer, configuration, return_url: 'https://example.com/billing' };
      must((await scene.stripe.billingPortal.sessions.create(asked)).url !== '', 'it has no address');
      const read = await scene.stripe.billingPortal.configurations.retrieve(configuration);
      must(read.active, 'it reads as inactive');
    },
  },
  {
    says: 'A portal configuration that was switched off reads as inactive; one that is not there is refused to sessions and readers.',
    numbers: ['D63'],
    async check(scene) {
      const { configurations, sessions } = scene.stripe.billingPortal;
      const { id } = await makePortal(scene);
      await configurations.update(id, { active: false });
      must(!(await configurations.retrieve(id)).active, 'it stayed active');
      const { id: customer } = await bare(scene);
      const configuration = 'bpc_1NotThere000000000000000';
      const asked = sessions.create({ customer, configuration, return_url: 'https://example.com/billing' });
      await mustRefuse(asked, 'one that is not there');
      await mustRefuse(configurations.retrieve(configuration), 'reading it', 'resource_missing');
    },
  },
];
