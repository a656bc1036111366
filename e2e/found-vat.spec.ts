import type { Page } from '@playwright/test';
import { createStripe } from '@/lib/stripe/client';
import { controlStripe, expect, test } from './fixtures';

// Part C of the list of faults seen on 4302f31, over HTTP: each of these is red there, but for the last, which the local Stripe of
// that day could not show: it took no number at its word.
test.describe.configure({ mode: 'serial', timeout: 90_000 });

const stripe = () => createStripe('sk_test_local', process.env.E2E_STRIPE_URL);
type Details = {
  email: string;
  vat_number: string | null;
  vat_status: string;
  tax_exempt: string;
  other_tax_ids?: { type: string; value: string }[];
};

/** A merchant of its own, signed in by signing up; it has a plan at Stripe, and so a customer and invoices to come. */
async function join(page: Page, code: string) {
  await page.goto('/sign-up');
  await page.getByLabel('Company name').fill(`${code} Ltd`);
  await page.getByLabel('Store name').fill(code);
  await page.getByLabel('Store code').fill(code);
  await page.getByLabel('Your name').fill('Pat Tester');
  await page.getByLabel('E-mail address').fill(`owner@${code.toLowerCase()}.test`);
  await page.getByLabel('Password').fill('a-long-password-1');
  await page.getByRole('button', { name: 'Start free trial' }).click();
  await page.waitForURL(new RegExp(`/store/${code}`));
  const path = (what: string) => `/api/v1/store/billing/${what}?store=${code}`;
  const address = { line1: '1 Street', city: 'Town', postal_code: '1000' };
  const put = async (data: object) => {
    const answer = await page.request.put(path('billing-details'), { data });
    return { status: answer.status(), body: (await answer.json()) as Details };
  };
  const get = async () => (await (await page.request.get(path('billing-details'))).json()) as Details;
  await put({ name: `${code} Ltd`, address: { ...address, country: 'LU' } });
  const bought = await page.request.post(path('checkout'), { data: { tier_code: 'professional' } });
  const { session_id: session } = (await bought.json()) as { session_id: string };
  await controlStripe(`checkout/${session}/complete`, { card: '4242424242424242' });
  const customer = String((await stripe().checkout.sessions.retrieve(session)).customer);
  return {
    put,
    get,
    customer,
    move: (country: string) => put({ address: { ...address, country } }),
    /** Whoever checks numbers has said yes: VIES, or, as it was, Stripe. */
    async confirm() {
      for (const { id, verification } of (await stripe().customers.listTaxIds(customer)).data)
        if (verification?.status === 'pending')
          await controlStripe('trigger', { type: 'customer.tax_id.updated', tax_id: id, status: 'verified' });
      await expect(async () => expect((await get()).vat_status).toBe('valid')).toPass({ timeout: 20_000 });
      // What follows from it at Stripe comes after it.
      await new Promise((later) => setTimeout(later, 1500));
    },
    upcomingTax: async () =>
      ((await (await page.request.get(path('upcoming-invoice'))).json()) as { tax: number }).tax,
  };
}

test('a Swiss number at Stripe keeps nobody from saving an e-mail, and is left alone (#2, #24, C12)', async ({
  page,
}) => {
  const shop = await join(page, 'FOUNDCH');
  await stripe().customers.createTaxId(shop.customer, { type: 'ch_vat', value: 'CHE123456788TVA' });
  await new Promise((later) => setTimeout(later, 2000));
  expect((await shop.put({ email: 'only@example.test' })).status).toBe(200);
  expect(await shop.get()).toMatchObject({ vat_number: null, vat_status: 'none' });
  expect((await stripe().customers.listTaxIds(shop.customer)).data).toMatchObject([{ type: 'ch_vat' }]);
  expect((await shop.get()).other_tax_ids).toMatchObject([{ type: 'ch_vat' }]);
});

test('numbers are known by form and check digit (C12)', async ({ page }) => {
  const shop = await join(page, 'FOUNDFORM');
  for (const vat_number of ['LU123', 'FR 12', 'DE123456789'])
    expect((await shop.put({ vat_number })).status, vat_number).toBe(400);
  for (const [vat_number, kept] of [
    ['XI312473976', 'XI312473976'],
    ['GR800373943', 'EL800373943'],
    ['BE1023474021', 'BE1023474021'],
  ])
    expect(await shop.put({ vat_number }), vat_number).toMatchObject({
      status: 200,
      body: { vat_number: kept },
    });
});

for (const vat_number of ['LU27317534', 'FR24831240437'])
  test(`${vat_number} of a customer in Germany is charged (#3)`, async ({ page }) => {
    const shop = await join(page, `FOUND3${vat_number.slice(0, 2)}`);
    await shop.move('DE');
    await shop.put({ vat_number });
    await shop.confirm();
    expect((await shop.get()).tax_exempt).toBe('none');
    expect(await shop.upcomingTax()).toBe(1881);
  });

test('a British number, verified, shifts nothing in Germany (#5)', async ({ page }) => {
  const shop = await join(page, 'FOUNDGB');
  await shop.move('DE');
  const { id } = await stripe().customers.createTaxId(shop.customer, {
    type: 'gb_vat',
    value: 'GB980780684',
  });
  await controlStripe('trigger', { type: 'customer.tax_id.updated', tax_id: id, status: 'verified' });
  await new Promise((later) => setTimeout(later, 3000));
  expect((await shop.get()).tax_exempt).toBe('none');
  expect(await shop.upcomingTax()).toBe(1881);
});

test('who moves to the seller’s country is charged, and not any more when it moves back (#5)', async ({
  page,
}) => {
  const shop = await join(page, 'FOUND5');
  await shop.move('DE');
  await shop.put({ vat_number: 'DE312473943' });
  await shop.confirm();
  expect([(await shop.get()).tax_exempt, await shop.upcomingTax()]).toEqual(['reverse', 0]);
  await shop.move('LU');
  expect([(await shop.get()).tax_exempt, await shop.upcomingTax()]).toEqual(['none', 1683]);
  await shop.move('DE');
  expect([(await shop.get()).tax_exempt, await shop.upcomingTax()]).toEqual(['reverse', 0]);
});

test('a number of the right form that nobody confirmed is charged (real-stripe.md 3)', async ({ page }) => {
  const shop = await join(page, 'FOUNDFAKE');
  await shop.move('DE');
  await stripe().customers.createTaxId(shop.customer, { type: 'eu_vat', value: 'DE136695976' });
  await expect(async () => expect(await shop.upcomingTax()).toBe(1881)).toPass({ timeout: 20_000 });
  expect((await shop.get()).tax_exempt).toBe('none');
});
