import { expect, expectAccessible, takeScreenshots, test } from './fixtures';

test.describe('FULL, with 200 of 200 products', () => {
  test.use({ person: 'owner@full.test' });

  test('cannot add a 201st product and is shown what would help', async ({ page }) => {
    await page.goto('/store/FULL/products');
    await page.getByRole('button', { name: 'Add product' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('One too many');
    await dialog.getByLabel('SKU').fill('TOO-MANY');
    await dialog.getByLabel(/Price/).fill('10');
    await dialog.getByRole('button', { name: 'Add product' }).click();
    await expect(dialog.getByText(/200/).first()).toBeVisible();
    await expect(dialog.getByText(/Professional/).first()).toBeVisible();
    const usage = await page.request.get('/api/v1/store/billing/usage');
    const meters = (await usage.json()) as { code: string; current: number }[];
    expect(meters.find((one) => one.code === 'max_products')?.current).toBe(200);
    await expectAccessible(page);
    await takeScreenshots(page, 'products-full');
  });

  test('the meter says 200 of 200 and explains itself', async ({ page }) => {
    await page.goto('/store/FULL/billing');
    await expect(page.getByText('200 of 200').first()).toBeVisible();
    await page.getByText('Why this number?').first().click();
    await expect(
      page
        .locator('#usage')
        .getByText(/Essential/)
        .first(),
    ).toBeVisible();
    const usage = await page.request.get('/api/v1/store/billing/usage');
    const meters = (await usage.json()) as {
      code: string;
      current: number;
      limit: number;
      is_at_limit: boolean;
    }[];
    expect(meters.find((one) => one.code === 'max_products')).toMatchObject({
      current: 200,
      limit: 200,
      is_at_limit: true,
    });
  });
});

test.describe('Hazel Hardware, over its limit since an exception ran out', () => {
  test.use({ person: 'owner@hazel-hardware.test' });

  test('is told that the exception is over, and why it was there', async ({ page }) => {
    await page.goto('/store/HAZEL/billing');
    await expect(page.getByText('230 of 200')).toBeVisible();
    await page.getByText('Why this number?').first().click();
    await expect(page.locator('#usage')).toContainText(/300 held until .* \(Season catalogue/);
    await expectAccessible(page);
    await takeScreenshots(page, 'over-after-exception');
  });
});
