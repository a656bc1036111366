import { expect, expectAccessible, takeScreenshots, test } from './fixtures';

test.describe("an owner's pages", () => {
  test.use({ person: 'owner@acme.test' });

  for (const [name, path] of [
    ['home', '/store/ACME'],
    ['billing', '/store/ACME/billing'],
    ['invoices', '/store/ACME/billing/invoices'],
    ['details', '/store/ACME/billing/details'],
    ['credits', '/store/ACME/billing/credits'],
    ['products', '/store/ACME/products'],
    ['orders', '/store/ACME/orders'],
    ['team', '/store/ACME/team'],
    ['analytics', '/store/ACME/analytics'],
    ['account', '/account'],
  ] as const) {
    test(`${name} is accessible, light and dark, wide and narrow`, async ({ page }) => {
      const answer = await page.goto(path);
      expect(answer?.status()).toBe(200);
      await expectAccessible(page);
      await page.emulateMedia({ colorScheme: 'dark' });
      await expectAccessible(page);
      await page.emulateMedia({ colorScheme: null });
      await takeScreenshots(page, `owner-${name}`);
    });
  }
});

test.describe('a merchant whose payment is late', () => {
  test.use({ person: 'owner@late.test' });

  test('is told what failed, until when the plan stays, and where to mend it', async ({ page }) => {
    await page.goto('/store/LATE/billing');
    await expect(page.getByText(/Your last payment of €115.83 failed/)).toBeVisible();
    await expect(page.getByRole('button', { name: 'Update card' })).toBeVisible();
    await expectAccessible(page);
    await takeScreenshots(page, 'late-billing');
  });
});

test('signing up makes a store in its trial', async ({ page }) => {
  await page.goto('/sign-up');
  await expectAccessible(page);
  await takeScreenshots(page, 'sign-up');
  await page.getByLabel('Company name').fill('Brand New');
  await page.getByLabel('Store name').fill('Brand New Shop');
  await page.getByLabel('Store code').fill('BRANDNEW');
  await page.getByLabel('Your name').fill('Nora New');
  await page.getByLabel('E-mail address').fill('nora@brandnew.example');
  await page.getByLabel('Password').fill('a long enough password');
  await page.getByRole('button', { name: 'Start free trial' }).click();
  await page.waitForURL(/\/store\/BRANDNEW/);
  await page.goto('/store/BRANDNEW/billing');
  await expect(page.getByText(/Essential/).first()).toBeVisible();
});
