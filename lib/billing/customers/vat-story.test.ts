import { desc, eq, sql } from 'drizzle-orm';
import type Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readRows } from '@/db/rows';
import { invoices, vatProofs } from '@/db/schema';
import { normaliseVatNumber } from '@/lib/vat/number';
import { taxTreatment } from '@/lib/vat/treatment';
import { type Dice, makeDice } from '@/testing/random';
import { openStage, type Stage } from '@/testing/stage';
import { updateBillingDetails } from './billing-details';
import { getCustomer } from './customers';
import { exemptionOf, isCharged } from './tax';
import { checkVatNumber } from './vat-check';
import { weighTax } from './weigh-tax';

const STORIES = Number(process.env.VAT_STORIES ?? 6);
const FIRST = Number(process.env.STORY_SEED ?? 1);

/** Registered and made-up ones, of the customer's, the seller's and other countries. */
const NUMBERS = ['DE312473943', 'DE136695976', 'FR24831240437', 'FR40303265045', 'LU27317534', 'XI312473976'];
const PLACES: Record<
  string,
  { country: string; line1: string; city: string; postalCode: string; state: string }
> = Object.fromEntries(
  ['DE', 'FR', 'LU', 'GB', 'CH'].map((country) => [
    country,
    { country, line1: '1 Street', city: 'Town', postalCode: '1000', state: '' },
  ]),
);

type Story = {
  stage: Stage;
  dice: Dice;
  shop: Awaited<ReturnType<Stage['subscriber']>>;
  held: Stripe.Event[];
  log: string[];
};

const vies = (stage: Stage) => ({ url: stage.vies.url, ownNumber: stage.vies.seller });
const merchantOf = ({ shop }: Story) => shop.account.merchantId;
const rowOf = (story: Story) => getCustomer(story.stage.db, merchantOf(story));

const steps: Record<string, (story: Story) => Promise<unknown>> = {
  async 'saves a country'(story) {
    const { stage, shop, dice } = story;
    const place = PLACES[dice.pick(Object.keys(PLACES))];
    await updateBillingDetails(stage.db, stage.stripe, {
      ...(await stage.by(shop)),
      merchantId: merchantOf(story),
      details: { address: place },
    });
    return place?.country;
  },
  async 'saves a number'(story) {
    const { stage, shop, dice } = story;
    const vatNumber = dice.pick([...NUMBERS, ...NUMBERS, null]);
    await updateBillingDetails(stage.db, stage.stripe, {
      ...(await stage.by(shop)),
      merchantId: merchantOf(story),
      details: { vatNumber },
    });
    return vatNumber;
  },
  async 'gives Stripe a number'({ stage, shop, dice }) {
    const value = dice.pick(NUMBERS);
    await stage.stripe.customers.createTaxId(shop.customerId, { type: 'eu_vat', value });
    return value;
  },
  async 'takes a number away at Stripe'({ stage, shop }) {
    const [one] = (await stage.stripe.customers.listTaxIds(shop.customerId)).data;
    if (one) await stage.stripe.customers.deleteTaxId(shop.customerId, one.id);
    return one?.value;
  },
  async 'moves at Stripe'({ stage, shop, dice }) {
    const country = dice.pick(Object.keys(PLACES));
    await stage.stripe.customers.update(shop.customerId, {
      address: { country, line1: '1 Street', city: 'Town', postal_code: '1000' },
    });
    return country;
  },
  async 'is exempt at Stripe, or not'({ stage, shop, dice }) {
    const tax_exempt = dice.pick(['none', 'reverse', 'exempt'] as const);
    await stage.stripe.customers.update(shop.customerId, { tax_exempt });
    return tax_exempt;
  },
  async 'another verdict'({ stage, dice }) {
    const said = { number: dice.pick(NUMBERS), verdict: dice.pick(['valid', 'invalid']) };
    await stage.vies.control('numbers', said);
    return `${said.number} ${said.verdict}`;
  },
  async 'a member state goes down or comes back'({ stage, dice }) {
    const said = { [dice.pick(['DE', 'FR', 'LU'])]: dice.pick(['down', 'up', 'busy']) };
    await stage.vies.control('settings', { member_states: said });
    return JSON.stringify(said);
  },
  async 'time goes by'({ stage, dice, held }) {
    held.push(...(await stage.newEvents()));
    const days = dice.pick([1, 5, 20, 95]);
    await stage.advance(days);
    return days;
  },
  async 'events come, in any order and twice'(story) {
    await hear(story, 0.6);
  },
  'the worker works': work,
};

/** Delivers what waits, shuffled; each with that chance, and some twice. */
async function hear({ stage, dice, held }: Story, chance: number): Promise<void> {
  const waiting = dice.shuffle([...held.splice(0), ...(await stage.newEvents())]);
  for (const event of waiting) {
    if (!dice.chance(chance)) held.push(event);
    else for (let times = dice.chance(0.2) ? 2 : 1; times > 0; times--) await stage.deliver(event);
  }
}

/** Runs what was queued for the merchant, and nothing else, as the worker would. */
async function work(story: Story): Promise<void> {
  const { stage, shop } = story;
  const queued = await readRows<{
    id: string;
    task: string;
    payload: { merchantId: string; look?: boolean };
  }>(
    stage.db,
    sql`select j.id::text as id, t.identifier as task, j.payload from graphile_worker._private_jobs j
      join graphile_worker._private_tasks t on t.id = j.task_id
      where j.payload->>'merchantId' = ${merchantOf(story)}`,
  );
  for (const { id, task, payload } of queued) {
    await stage.db.execute(sql`delete from graphile_worker._private_jobs where id = ${id}::bigint`);
    const act = await stage.by(shop);
    if (task === 'apply_tax_treatment')
      await weighTax(stage.db, stage.stripe, payload.merchantId, act, { look: payload.look });
    if (task === 'check_vat_number')
      await checkVatNumber(stage.db, stage.stripe, payload.merchantId, vies(stage), act);
  }
}

/** All is heard, VIES answers, and the worker has nothing left to do. */
async function settleDown(story: Story): Promise<void> {
  const { stage, shop } = story;
  await stage.vies.control('settings', { member_states: { DE: 'up', FR: 'up', LU: 'up' } });
  for (let round = 0; round < 4; round++) {
    await hear(story, 1);
    await work(story);
  }
  const { vatNextCheckAt, vatStatus } = await rowOf(story);
  if (vatNextCheckAt && vatStatus !== 'valid' && vatStatus !== 'invalid') {
    const act = { ...(await stage.by(shop)), now: vatNextCheckAt };
    await checkVatNumber(stage.db, stage.stripe, merchantOf(story), vies(stage), act);
    await hear(story, 1);
    await work(story);
  }
}

async function checkAgreement(story: Story): Promise<void> {
  const { stage, shop } = story;
  const { tax } = await stage.by(shop);
  const row = await rowOf(story);
  const customer = await stage.stripe.customers.retrieve(shop.customerId, { expand: ['tax_ids'] });
  if (customer.deleted) throw new Error('nobody deleted it');
  const numbers = (customer.tax_ids?.data ?? [])
    .filter(({ type }) => type === 'eu_vat')
    .map(({ value }) => value);
  const isExempt = customer.tax_exempt === 'exempt';
  const country = customer.address?.country ?? '';
  const right = taxTreatment({ country: 'LU' }, { country, isExempt }, row.vatNumber, row.vatStatus);
  expect(row, 'our row').toMatchObject({
    country,
    treatment: right.treatment,
    treatmentReason: right.reason,
    stripeTaxId: customer.tax_ids?.data[0]?.id ?? null,
  });
  if (!row.vatNumber) expect(row.vatStatus).toBe('none');
  else {
    const [proof] = await stage.db
      .select()
      .from(vatProofs)
      .where(sql`${vatProofs.merchantId} = ${row.merchantId} and ${vatProofs.number} = ${row.vatNumber}`)
      .orderBy(desc(vatProofs.at), desc(vatProofs.id))
      .limit(1);
    expect(row.vatStatus, 'what VIES said last').toBe(proof?.verdict);
  }
  if (!tax.automaticTax) {
    expect(customer.tax_exempt).toBe(exemptionOf(right.treatment));
    expect(numbers).toEqual(row.vatNumber && row.vatStatus !== 'invalid' ? [row.vatNumber] : []);
    return;
  }
  expect(numbers, 'the number at Stripe').toEqual(right.stands ? [row.vatNumber] : []);
  expect(customer.tax_exempt).toBe(isExempt ? 'exempt' : 'none');
  const [live] = (await stage.stripe.subscriptions.list({ customer: shop.customerId })).data;
  if (!live?.automatic_tax.enabled) return;
  const next = await stage.stripe.invoices.createPreview({ subscription: live.id });
  const owed = (next.total_taxes ?? []).reduce((sum, one) => sum + one.amount, 0);
  expect(owed > 0, `tax of the next invoice, ${right.reason}`).toBe(isCharged(right.treatment));
}

/** Each invoice without VAT is of a number that was confirmed before it, of somebody exempt or outside; or it is listed. */
async function checkInvoices(story: Story): Promise<void> {
  const rows = await story.stage.db
    .select()
    .from(invoices)
    .where(eq(invoices.merchantId, merchantOf(story)));
  for (const row of rows) {
    if (row.tax > 0 || row.total === 0 || !row.automaticTax || row.status === 'draft') continue;
    if (row.customerTaxExempt === 'exempt' || ['GB', 'CH'].includes(row.customerCountry ?? '')) continue;
    const proofs = await story.stage.db
      .select()
      .from(vatProofs)
      .where(eq(vatProofs.merchantId, row.merchantId))
      .orderBy(vatProofs.at, vatProofs.id);
    const before = proofs.filter(
      ({ number, at }) =>
        number === normaliseVatNumber(row.customerVatNumber ?? '') &&
        at.getTime() <= row.issuedAt.getTime() + 1000,
    );
    const isProven =
      before.at(-1)?.verdict === 'valid' && row.customerVatNumber?.slice(0, 2) === row.customerCountry;
    expect(row.vatIssue === null, `invoice ${row.stripeInvoiceId}`).toBe(isProven);
  }
}

async function tell(stage: Stage, seed: number): Promise<void> {
  await stage.vies.control('reset', {});
  const story: Story = { stage, dice: makeDice(seed), shop: await stage.subscriber(), held: [], log: [] };
  try {
    for (let step = 0; step < 14; step++) {
      const name = story.dice.pick([...Object.keys(steps), 'the worker works', 'saves a number']);
      story.log.push(name);
      const what = await steps[name]?.(story);
      if (what !== undefined) story.log[step] = `${name}: ${what}`;
    }
    await settleDown(story);
    await checkAgreement(story);
    await checkInvoices(story);
  } catch (error) {
    (error as Error).message = `seed ${seed}\n${story.log.join('\n')}\n${(error as Error).message}`;
    throw error;
  }
}

describe.each([true, false])(
  'country, number, verdict, event and clock in any order, Stripe Tax %s',
  (automaticTax) => {
    let stage: Stage;
    beforeAll(async () => {
      stage = await openStage({ automaticTax });
    });
    afterAll(() => stage.close());

    test.each(Array.from({ length: STORIES }, (_, at) => FIRST + at))(
      'story %i ends with Stripe, our row and the next invoice as the rule has it',
      (seed) => tell(stage, seed),
      60_000,
    );
  },
);
