import type { Page } from '@playwright/test';
import { expect, expectAccessible, takeScreenshots, test } from './fixtures';

/** A merchant that no other file touches. */
const MERCHANT = '/admin/merchants/mer_amber_art';
const pages = {
  overview: '/admin?months=12',
  plans: '/admin/subscription-tiers',
  subscriptions: '/admin/subscriptions',
  invoices: '/admin/invoices',
  merchants: '/admin/merchants',
  merchant: '/admin/merchants/mer_grand',
  stores: '/admin/stores',
  people: '/admin/merchant-users',
  'add-ons': '/admin/add-ons',
  packages: '/admin/credit-packages',
  inbox: '/admin/webhook-events',
  audit: '/admin/audit',
  jobs: '/admin/jobs',
  keys: '/admin/api-keys',
};

test.describe('an admin', () => {
  test.use({ person: 'admin@tierline.test' });
  const code = `atelier-${Date.now().toString(36)}`;
  const name = `Atelier ${code.slice(-4)}`;

  test('makes a plan, says what it grants, and pushes it to Stripe', async ({ page, catalogue }) => {
    await page.goto(pages.plans);
    await page.getByRole('button', { name: 'New plan' }).click();
    const form = page.getByRole('dialog', { name: 'New plan' });
    await form.getByLabel('Code').fill('two words');
    await form.getByLabel('Name').fill(name);
    await form.getByLabel('Monthly price').fill('29.50');
    await form.getByRole('button', { name: 'Save' }).click();
    await expect(form.getByLabel('Code')).toHaveAttribute('aria-invalid', 'true');
    await form.getByLabel('Code').fill(code);
    await form.getByRole('button', { name: 'Save' }).click();
    await expect(page.getByText(`${name} is created.`)).toBeVisible();

    await page.getByRole('button', { name: `What ${name} grants` }).click();
    const slide = page.getByRole('dialog', { name: `What ${name} grants` });
    await slide.getByLabel('Products', { exact: true }).check();
    await slide.locator('[name=limit_max_products]').fill('75');
    await slide.getByLabel('Priority support').check();
    await slide.getByRole('button', { name: 'Save features' }).click();
    await expect(page.getByText(`The features of ${name} are saved.`)).toBeVisible();

    await page.getByRole('link', { name: 'Push to Stripe' }).first().click();
    await expect(page.getByText(`market:${code}`).first()).toBeVisible();
    await catalogue.push(code);
  });

  test('makes an exception for one merchant until a date, and the explanation says so', async ({ page }) => {
    const until = new Date(Date.now() + 40 * 86_400_000);
    await page.goto(MERCHANT);
    await page.getByRole('button', { name: /exception for Products/i }).click();
    const form = page.getByRole('dialog', { name: 'Exception for Products' });
    await expect(form.getByPlaceholder(/^Tier default: /)).toBeVisible();
    await form.getByLabel('Limit', { exact: true }).fill('4321');
    await form.getByRole('button', { name: 'Save exception' }).click();
    await expect(form.getByLabel('Reason')).toHaveAttribute('aria-invalid', 'true');
    await form.getByLabel('Reason').fill('Moves its whole catalogue');
    await form.getByLabel('Until').fill('2020-01-01');
    await form.getByRole('button', { name: 'Save exception' }).click();
    await expect(form.getByText('This day has passed.')).toBeVisible();
    await form.getByLabel('Until').fill(until.toISOString().slice(0, 10));
    await form.getByRole('button', { name: 'Save exception' }).click();
    await expect(page.getByText('The exception holds.')).toBeVisible();

    await page.getByText('Why this number?').first().click();
    const date = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' }).format(until);
    const why = page.locator('#usage').getByText('Moves its whole catalogue');
    await expect(why).toBeVisible();
    await expect(why).toContainText(date);

    await page.getByRole('button', { name: 'End the exception for Products' }).click();
    const end = page.getByRole('dialog', { name: 'End the exception for Products' });
    await end.getByRole('button', { name: 'End exception' }).click();
    await expect(end.getByLabel('Reason')).toBeFocused();
    await end.getByLabel('Reason').fill('The catalogue stayed where it was');
    await end.getByRole('button', { name: 'End exception' }).click();
    await expect(page.getByText('The exception is ended.')).toBeVisible();
    // Its button is gone with it.
    await expect(page.locator('#overrides-heading')).toBeFocused();
    await expect(page.locator('#audit').getByText(/The catalogue stayed where it was/)).toBeVisible();
    await expect(why).toHaveCount(0);
    await page.getByText(/earlier exceptions?$/).click();
    await expect(page.locator('#overrides').getByText(/^Products: 4,321/)).toBeVisible();
    await expect(page.locator('#overrides')).toContainText(
      /Ended on .* by Ada Admin: The catalogue stayed where it was/,
    );
  });

  test('gives credits with a reason, and is told when there are too few to take', async ({ page }) => {
    await page.goto(MERCHANT);
    await adjust(page, 'Take', '999999');
    await expect(page.getByText('There are not enough credits for this.')).toBeVisible();
    await page.reload();
    await adjust(page, 'Give', '25');
    await expect(page.getByText(/The wallet holds .* credits? now/)).toBeVisible();
    await expect(
      page.locator('#credits').getByText('Goodwill after an outage (Ada Admin).').first(),
    ).toBeVisible();
  });

  test('sees what a smaller plan would be over before it changes anything', async ({ page }) => {
    await page.goto('/admin/merchants/mer_acme');
    await page.getByRole('button', { name: 'Change plan' }).click();
    const form = page.getByRole('dialog', { name: 'Change the plan of Acme Supplies' });
    await form.getByLabel('Plan').selectOption('essential');
    await form.getByRole('button', { name: 'Preview' }).click();
    await expect(page.getByText('Essential has less room than is used now')).toBeVisible();
    await expect(page.getByText(/ACMEDE: \d+/)).toBeVisible();
    await expectAccessible(page);
    await takeScreenshots(page, 'admin-change');
  });

  test('finds all of it in the audit trail', async ({ page }) => {
    await page.goto('/admin/audit?action=tier.created');
    await expect(page.getByText(/Atelier /).first()).toBeVisible();
    await page.goto('/admin/audit?merchant=mer_amber_art');
    await expect(page.getByText('Moves its whole catalogue').first()).toBeVisible();
    await expect(page.getByRole('row').filter({ hasText: 'Credits given or taken' }).first()).toBeVisible();
    await expect(page.getByText('Ada Admin').first()).toBeVisible();
  });

  test('gets the movements of the chosen period as a file', async ({ page }) => {
    await page.goto(pages.overview);
    await page.getByText('The numbers').first().click();
    const months = await page
      .getByRole('table', { name: /How recurring revenue moved/ })
      .first()
      .count();
    expect(months).toBe(1);
    const file = await page.request.get('/admin/export?months=12');
    expect(file.headers()['content-type']).toContain('text/csv');
    expect((await file.text()).split('\r\n')[0]).toContain('month,currency,new,expansion');
  });

  for (const [title, path] of Object.entries(pages)) {
    test(`reads ${title} in every size and theme, and axe finds nothing`, async ({ page }) => {
      await page.goto(path);
      await expect(page.locator('h1')).toBeVisible();
      await expectAccessible(page);
      await page.emulateMedia({ colorScheme: 'dark' });
      await expectAccessible(page);
      await page.emulateMedia({ colorScheme: null });
      await takeScreenshots(page, `admin-${title}`);
    });
  }
});

async function adjust(page: Page, way: string, amount: string): Promise<void> {
  await page.getByRole('button', { name: 'Give or take credits' }).click();
  const form = page.getByRole('dialog', { name: /^Credits of/ });
  await form.getByLabel('What').selectOption(way);
  await form.getByLabel('How many').fill(amount);
  await form.getByLabel('Reason').fill('Goodwill after an outage');
  await form.getByRole('button', { name: 'Give or take credits' }).click();
}

test.describe('support', () => {
  test.use({ person: 'support@tierline.test' });

  test('sees everything and can change nothing', async ({ page }) => {
    const locked = /Only an administrator can change this/;
    for (const path of Object.values(pages)) {
      const answer = await page.goto(path);
      expect(answer?.status(), path).toBe(200);
    }
    await page.goto(pages.merchant);
    for (const name of [
      /^Close merchant/,
      /^Change plan/,
      /^Cancel plan/,
      /^Give or take credits/,
      /^Compare now/,
    ]) {
      const button = page.getByRole('button', { name }).first();
      await expect(button).toHaveAttribute('aria-disabled', 'true');
      await expect(button).toHaveAccessibleName(locked);
    }
    await page.getByRole('button', { name: /^Close merchant/ }).click({ force: true });
    await expect(page.getByRole('dialog')).toHaveCount(0);
    await page.goto(pages.plans);
    await expect(page.getByRole('button', { name: /^New plan/ })).toHaveAttribute('aria-disabled', 'true');
  });

  test('is refused by the server too', async ({ page }) => {
    const base = '/api/v1/admin/subscriptions';
    const tier = await page.request.post(`${base}/tiers`, {
      data: { code: 'sneaky', name: 'Sneaky', platform: 'market' },
    });
    expect(tier.status()).toBe(403);
    const override = await page.request.put(
      `${base}/features/merchants/mer_grand/overrides?platform=market`,
      {
        data: [{ feature_code: 'max_products', limit_value: 1, reason: 'no' }],
      },
    );
    expect(override.status()).toBe(403);
    const set = await page.request.put(`${base}/merchants/mer_grand/platforms/market`, {
      data: { status: 'canceled' },
    });
    expect(set.status()).toBe(403);
  });
});

test.describe('an owner', () => {
  test.use({ person: 'owner@acme.test', expectedErrors: [/404/] });

  test('sees the subscriptions of their merchant, and of no other', async ({ page }) => {
    await page.goto('/merchant/mer_acme/subscriptions');
    await expect(page.getByText(/^Professional, renews on/)).toBeVisible();
    await expectAccessible(page);
    await takeScreenshots(page, 'merchant-subscriptions');
    await page.goto('/merchant/mer_acme/subscriptions/market');
    await expect(page.getByRole('heading', { name: 'What you may use' })).toBeVisible();
    await expectAccessible(page);
    await takeScreenshots(page, 'merchant-subscription');
    for (const path of ['/merchant/mer_grand/subscriptions', '/merchant/mer_acme/subscriptions/nowhere']) {
      expect((await page.goto(path))?.status(), path).toBe(404);
    }
  });
});
