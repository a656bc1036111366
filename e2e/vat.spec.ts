import type { Browser, Page } from '@playwright/test';
import postgres from 'postgres';
import { expect, expectAccessible, signIn, takeScreenshots, test } from './fixtures';
import { openCheckout, payWith } from './stripe-pages';

// The files beside this one read the same clock: a check falls due here by the row, not by moving time.
test.describe.configure({ mode: 'serial', timeout: 120_000 });

const GERMAN = 'DE312473943';
const OTHER = 'DE312473951';

async function controlVies(path: string, body: unknown): Promise<void> {
  const response = await fetch(`${process.env.E2E_VIES_URL}/_local/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(response.ok).toBe(true);
}

async function query<Row>(run: (sql: postgres.Sql) => PromiseLike<Row>): Promise<Row> {
  const sql = postgres(process.env.E2E_DATABASE_URL ?? '', { max: 1 });
  try {
    return await run(sql);
  } finally {
    await sql.end();
  }
}

/** A German business of its own, signed in, whose local trial is over: what it buys is charged at once. */
async function joinFromGermany(page: Page, code: string, vatNumber: string): Promise<void> {
  await page.goto('/sign-up');
  await page.getByLabel('Company name').fill(`${code} GmbH`);
  await page.getByLabel('Country').selectOption('DE');
  await page.getByLabel('Store name').fill(code);
  await page.getByLabel('Store code').fill(code);
  await page.getByLabel('Your name').fill('Erika Muster');
  await page.getByLabel('E-mail address').fill(`owner@${code.toLowerCase()}.test`);
  await page.getByLabel('Password').fill('a-long-password-1');
  await page.getByRole('button', { name: 'Start free trial' }).click();
  await page.waitForURL(new RegExp(`/store/${code}`));
  await query(
    (
      sql,
    ) => sql`update subscriptions set trial_end = now() - interval '1 day', current_period_end = now() - interval '1 day'
      where merchant_id = (select merchant_id from stores where code = ${code})`,
  );
  await page.goto(`/store/${code}/billing/details`);
  await page.getByLabel('Street and number').fill('Ring 1');
  await page.getByLabel('Postal code').fill('10115');
  await page.getByLabel('City').fill('Berlin');
  await page.getByLabel('Country').selectOption('DE');
  await page.getByLabel('VAT number').fill(vatNumber);
  await page.getByRole('button', { name: 'Save' }).click();
  await page.waitForURL(/billing#details/);
}

/** The page says so, sooner or later: the worker asks VIES. */
async function untilSaid(page: Page, code: string, text: RegExp): Promise<void> {
  await expect(async () => {
    await page.goto(`/store/${code}/billing`);
    await expect(page.locator('#details').getByText(text)).toBeVisible({ timeout: 2_000 });
  }).toPass({ timeout: 40_000 });
}

async function buy(page: Page, code: string): Promise<void> {
  await openCheckout(page, code, 'Professional');
  await payWith(page, '4242 4242 4242 4242');
  await page.waitForURL(/checkout\/success/);
  await expect(page.getByText('Professional is active.')).toBeVisible();
}

/** The number's next check is now, and the admin runs the job. */
async function checkNow(browser: Browser, baseURL: string | undefined, code: string): Promise<void> {
  await query(
    (sql) => sql`update customers set vat_next_check_at = now() - interval '1 minute'
      where merchant_id = (select merchant_id from stores where code = ${code})`,
  );
  const context = await browser.newContext({ baseURL });
  const page = await context.newPage();
  await signIn(page, 'admin@tierline.test');
  await page.goto('/admin/jobs');
  await page.getByRole('button', { name: 'Run now Ask VIES about VAT numbers' }).click();
  await expect(page.getByText('Ask VIES about VAT numbers is done.')).toBeVisible();
  await context.close();
}

const mailsTo = (code: string) =>
  query<{ template: string }[]>(
    (sql) => sql`select template from emails where template like 'vat_%'
      and merchant_id = (select merchant_id from stores where code = ${code}) order by created_at`,
  ).then((rows) => rows.map(({ template }) => template));

const upcoming = (page: Page, code: string) => page.goto(`/store/${code}/billing?upcoming=1#invoices`);

test.afterAll(() => controlVies('reset', {}));

test('a German business with a valid number buys without VAT, and reads why', async ({ page }) => {
  await joinFromGermany(page, 'VATDE', 'DE 312 473 943');
  await untilSaid(page, 'VATDE', /^Reverse charge: you account for the VAT, Art\. 196\.$/);
  await expect(page.locator('#details').getByText(GERMAN)).toBeVisible();
  await expect(page.locator('#details').getByText(/Consultation number WAPI/)).toBeVisible();
  await buy(page, 'VATDE');
  await upcoming(page, 'VATDE');
  const invoices = page.locator('#invoices');
  await expect(invoices.getByText(/€99\.00, of which €0\.00 tax\. Reverse charge/)).toBeVisible();
  const [invoice] = await query(
    (sql) => sql`select tax, total, tax_reason, vat_issue from invoices
      where merchant_id = (select merchant_id from stores where code = 'VATDE')`,
  );
  expect(invoice).toMatchObject({ tax: '0', total: '9900', tax_reason: 'reverse_charge', vat_issue: null });
  await expectAccessible(page);
  await takeScreenshots(page, 'billing-reverse-charge');
});

test('the number turns invalid at the next check: told, charged from the next invoice, listed', async ({
  page,
  browser,
  baseURL,
}) => {
  await controlVies('numbers', { number: GERMAN, verdict: 'invalid' });
  await checkNow(browser, baseURL, 'VATDE');
  await signIn(page, 'owner@vatde.test', 'a-long-password-1');
  await untilSaid(page, 'VATDE', /says that your VAT number is not valid/);
  await upcoming(page, 'VATDE');
  await expect(page.locator('#invoices').getByText(/€117\.81, of which €18\.81 tax/)).toBeVisible();
  expect(await mailsTo('VATDE')).toEqual(['vat_charged']);
});

test('VIES is down at the purchase: VAT is charged; later valid: told, and the next is without', async ({
  page,
  browser,
  baseURL,
}) => {
  await controlVies('settings', { member_states: { DE: 'down' } });
  await joinFromGermany(page, 'VATDOWN', OTHER);
  await untilSaid(page, 'VATDOWN', /the EU’s service does not answer/);
  await buy(page, 'VATDOWN');
  await upcoming(page, 'VATDOWN');
  await expect(page.locator('#invoices').getByText(/of which €18\.81 tax/)).toBeVisible();
  await controlVies('settings', { member_states: { DE: 'up' } });
  await checkNow(browser, baseURL, 'VATDOWN');
  await untilSaid(page, 'VATDOWN', /^Reverse charge: you account for the VAT/);
  await upcoming(page, 'VATDOWN');
  await expect(page.locator('#invoices').getByText(/of which €0\.00 tax\. Reverse charge/)).toBeVisible();
  expect(await mailsTo('VATDOWN')).toEqual(['vat_not_charged']);
});

test.describe('an admin', () => {
  test.use({ person: 'admin@tierline.test' });

  test('sees the number that is not valid any more, and gives the auditor the proof of what was', async ({
    page,
  }) => {
    await page.goto('/admin/invoices?view=vat_to_decide');
    await expect(page.getByRole('row').filter({ hasText: GERMAN })).toContainText('is not valid any more');
    await expectAccessible(page);
    await takeScreenshots(page, 'invoices-vat');
    await page.getByRole('link', { name: 'VATDE GmbH' }).first().click();
    const csv = page.getByRole('link', { name: 'CSV' }).first();
    const href = (await csv.getAttribute('href')) ?? '';
    const table = await (await page.request.get(href)).text();
    expect(table).toContain(GERMAN);
    expect(table).toMatch(/valid,WAPI/);
    const pdf = await page.request.get(href.replace('&as=csv', ''));
    expect(pdf.headers()['content-type']).toBe('application/pdf');
    expect((await pdf.body()).subarray(0, 5).toString()).toBe('%PDF-');
  });

  test('decides about an invoice that went out without VAT for a number made up at Stripe', async ({
    page,
  }) => {
    const [shop] = await query<{ customer: string }[]>(
      (sql) => sql`select stripe_customer_id as customer from customers
        where merchant_id = (select merchant_id from stores where code = 'VATDOWN')`,
    );
    // As an invoice of last night shows it: Stripe took the number at its word.
    const made = await query<{ id: string }[]>(
      (
        sql,
      ) => sql`update invoices set tax = 0, total = 9900, vat_issue = 'number_unproven', customer_vat_number = 'DE136695976'
        where merchant_id = (select merchant_id from stores where code = 'VATDOWN') and kind = 'plan' returning id`,
    );
    expect([shop?.customer, made.length]).toEqual([expect.stringMatching(/^cus_/), 1]);
    await page.goto('/admin/invoices?view=vat_to_decide');
    const row = page.getByRole('row').filter({ hasText: 'DE136695976' });
    await expect(row).toContainText('VIES had not confirmed the number');
    await row.getByRole('button', { name: 'Accept' }).click();
    await page.getByRole('dialog').getByLabel('Reason').fill('Confirmed by letter of the tax office');
    await page.getByRole('dialog').getByRole('button', { name: 'Accept' }).click();
    await expect(page.getByText('The invoice stands without VAT.')).toBeVisible();
    await page.goto('/admin/invoices?view=vat_decided');
    await expect(page.getByRole('row').filter({ hasText: 'DE136695976' })).toContainText(
      'Confirmed by letter',
    );
  });
});
