import { type Clause, idOf, must, mustRefuse, subscribe } from './contract-clause';
import type { Scene } from './contract-scene';
import { priceData } from './parameters';

async function makeProduct({ stripe, afterwards }: Scene) {
  const made = await stripe.products.create({
    name: 'Professional',
    description: 'For shops that grow',
    metadata: { platform: 'p', kind: 'tier', code: 'professional' },
  });
  afterwards(() => stripe.products.update(made.id, { active: false }));
  return made;
}

const MONTH = { interval: 'month' as const };
/** Lookup keys are the account's: each run has its own. */
const keyOf = (scene: Scene, of: string) => `contract:${of}:${scene.product}:month:eur`;

/** A price of the catalogue, as a push makes it. */
const pushed = (scene: Scene, lookup_key: string, unit_amount: number, product = scene.product) =>
  scene.price({
    product,
    unit_amount,
    lookup_key,
    transfer_lookup_key: true,
    recurring: MONTH,
    metadata: { platform: 'p', kind: 'tier', code: 'professional' },
  });

export const catalogueClauses: Clause[] = [
  {
    says: 'A product is made and renamed, an empty description clears, and up to a hundred are listed by their ids.',
    numbers: ['D9', '52'],
    async check(scene) {
      const { products } = scene.stripe;
      const { id, description, metadata } = await makeProduct(scene);
      must(
        description === 'For shops that grow' && metadata.code === 'professional',
        'words or marks are gone',
      );
      const wanted = { name: 'Pro', description: '', active: true };
      const renamed = await products.update(id, wanted);
      must(renamed.name === 'Pro' && !renamed.description, 'the new words are not there');
      const { data } = await products.list({ ids: [id, scene.product, 'prod_NotThere'], limit: 100 });
      must(data.length === 2, `${data.length} of two are listed`);
      must(!(await products.update(id, { active: false })).active, 'it is not archived');
      must((await products.list({ ids: [id], limit: 100 })).data.length === 1, 'archived it is not listed');
    },
  },
  {
    says: 'A price is found by its lookup key, and a new one takes the key over.',
    numbers: ['46', 'D30', 'F12'],
    async check(scene) {
      const key = keyOf(scene, 'taken-over');
      const old = await pushed(scene, key, 4900);
      const find = async () => (await scene.stripe.prices.list({ lookup_keys: [key], limit: 100 })).data;
      must((await find())[0]?.id === old.id, 'it is not found');
      const again = scene.price({ unit_amount: 5900, lookup_key: key, recurring: MONTH });
      await mustRefuse(again, 'the key without transfer');
      const next = await pushed(scene, key, 5900);
      const [found, ...more] = await find();
      must(found?.id === next.id && more.length === 0, 'the key is not with the new one');
      must((await scene.stripe.prices.retrieve(old.id)).lookup_key === null, 'the old one kept it');
    },
  },
  {
    says: 'A price that is there is adopted: it takes the key from another, and says once that the tax comes on top.',
    numbers: ['46', 'D20', 'D30'],
    async check(scene) {
      const { prices } = scene.stripe;
      const key = keyOf(scene, 'adopted');
      await pushed(scene, key, 4900);
      const there = await scene.price({ unit_amount: 4900, recurring: MONTH, tax_behavior: 'unspecified' });
      const bound = await prices.update(there.id, { lookup_key: key, transfer_lookup_key: true });
      must(bound.lookup_key === key, 'it has not the key');
      const settled = await prices.update(there.id, { tax_behavior: 'exclusive' });
      must(settled.tax_behavior === 'exclusive', `the tax is ${settled.tax_behavior}`);
      await mustRefuse(prices.update(there.id, { tax_behavior: 'inclusive' }), 'saying otherwise');
      const { recurring, transform_quantity } = settled;
      must(recurring?.interval_count === 1 && recurring.usage_type === 'licensed', 'it is no plain price');
      must(transform_quantity === null, 'its quantity is divided');
    },
  },
  {
    says: 'The default price of a product is not archived before another is the default.',
    numbers: ['D27'],
    async check(scene) {
      const { prices, products } = scene.stripe;
      const { id } = await makeProduct(scene);
      const one = await pushed(scene, keyOf(scene, 'default-1'), 4900, id);
      const two = await pushed(scene, keyOf(scene, 'default-2'), 5900, id);
      await products.update(id, { default_price: one.id });
      await mustRefuse(prices.update(one.id, { active: false }), 'archiving the default');
      await products.update(id, { default_price: two.id });
      must(idOf((await products.retrieve(id)).default_price) === two.id, 'the default is another');
      must(!(await prices.update(one.id, { active: false })).active, 'it is not archived');
    },
  },
  {
    says: 'What is still sold of a product is listed, archived prices are not, and one that is not there is `resource_missing`.',
    numbers: ['D24', 'D25'],
    async check(scene) {
      const { prices } = scene.stripe;
      const { id: product } = await makeProduct(scene);
      const kept = await pushed(scene, keyOf(scene, 'kept'), 4900, product);
      const gone = await pushed(scene, keyOf(scene, 'gone'), 5900, product);
      await prices.update(gone.id, { active: false });
      const { data } = await prices.list({ product, active: true, limit: 100 });
      must(data.length === 1 && data[0]?.id === kept.id, 'what is listed is not what is sold');
      await mustRefuse(prices.retrieve('price_1NotThere'), 'one that is not there', 'resource_missing');
      must((await prices.update(gone.id, { active: true })).active, 'it cannot be put back');
      await prices.update(gone.id, { active: false });
      const { id: customer } = await scene.customer();
      const bought = subscribe(scene, { customer, items: [{ price: gone.id }] });
      await mustRefuse(bought, 'buying what is archived');
    },
  },
  {
    says: 'Does a list by lookup key hold an archived price?',
    numbers: ['D24', 'F12'],
    answers: ['yes', 'no'],
    async answer(scene) {
      const key = keyOf(scene, 'archived');
      const { id } = await pushed(scene, key, 4900);
      await scene.stripe.prices.update(id, { active: false });
      const { data } = await scene.stripe.prices.list({ lookup_keys: [key], limit: 100 });
      return data.some((one) => one.id === id) ? 'yes' : 'no';
    },
  },
  {
    says: 'An agreed price is made of its own words, of a product of ours, and twice under one key it is the same.',
    numbers: ['39', 'D43'],
    async check(scene) {
      const wanted = priceData({
        stripePriceId: null,
        unitAmount: 7700,
        currency: 'EUR',
        interval: 'month',
        productId: scene.product,
      });
      const idempotencyKey = `contract:agreed:${scene.product}`;
      const one = await scene.stripe.prices.create(wanted, { idempotencyKey });
      scene.afterwards(() => scene.stripe.prices.update(one.id, { active: false }));
      const two = await scene.stripe.prices.create(wanted, { idempotencyKey });
      must(one.id === two.id, 'two prices under one key');
      must(one.unit_amount === 7700 && one.tax_behavior === 'exclusive', 'it is another price');
    },
  },
];
