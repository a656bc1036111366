import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { emails } from '@/db/schema';
import { addDays } from '@/lib/time';
import { openStage, type Shop, type Stage } from '@/testing/stage';
import { updateBillingDetails } from './billing-details';
import { checkVatNumber } from './vat-check';
import { weighTax } from './weigh-tax';

const MADE_UP = 'DE136695976';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

const check = async (shop: Shop) =>
  checkVatNumber(
    stage.db,
    stage.stripe,
    shop.account.merchantId,
    { url: stage.vies.url, ownNumber: stage.vies.seller },
    await stage.by(shop),
  );
const weigh = async (shop: Shop) =>
  weighTax(stage.db, stage.stripe, shop.account.merchantId, await stage.by(shop));
const mailsOf = async (shop: Shop) =>
  (await stage.db.select().from(emails).where(eq(emails.merchantId, shop.account.merchantId)))
    .filter(({ template }) => template.startsWith('vat_'))
    .map(({ template, data }) => [template, data.reason, data.number]);

async function german() {
  const shop = await stage.subscriber('professional');
  await updateBillingDetails(stage.db, stage.stripe, {
    ...(await stage.by(shop)),
    merchantId: shop.account.merchantId,
    details: { name: 'Muster GmbH', address: { line1: 'Ring 1', city: 'Berlin', country: 'DE' } },
  });
  return shop;
}
/** To an invoice that Stripe makes without VAT, by a number that it was told of and we were not; its event yet to come. */
async function untaxed() {
  const shop = await german();
  await stage.stripe.customers.createTaxId(shop.customerId, { type: 'eu_vat', value: MADE_UP });
  const told = await stage.newEvents();
  const end = (await stage.current(shop)).currentPeriodEnd ?? new Date();
  await stage.advanceTo(addDays(end, 0.1));
  for (const event of told) await stage.deliver(event);
  return shop;
}

test('who had an invoice without VAT by a made-up number hears, once, that it is not valid', async () => {
  const shop = await untaxed();
  await stage.deliverNew();
  await weigh(shop);
  expect(await mailsOf(shop)).toEqual([]);
  await check(shop);
  expect(await mailsOf(shop)).toEqual([['vat_charged', 'number_invalid', MADE_UP]]);
  await weigh(shop);
  expect(await mailsOf(shop)).toHaveLength(1);
});

test('also when VIES answers before we hear of the invoice', async () => {
  const shop = await untaxed();
  await check(shop);
  expect(await mailsOf(shop)).toEqual([]);
  await stage.deliverNew();
  await weigh(shop);
  await weigh(shop);
  expect(await mailsOf(shop)).toEqual([['vat_charged', 'number_invalid', MADE_UP]]);
});

test('who was charged all along hears nothing', async () => {
  const shop = await german();
  const by = await stage.by(shop);
  const details = { vatNumber: MADE_UP };
  await updateBillingDetails(stage.db, stage.stripe, {
    ...by,
    merchantId: shop.account.merchantId,
    details,
  });
  await check(shop);
  await weigh(shop);
  expect(await mailsOf(shop)).toEqual([]);
});
