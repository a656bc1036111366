import { expect, expectAccessible, takeScreenshots, test } from './fixtures';

const ACME = '/admin/merchants/mer_acme?platform=market';

test.describe('an administrator with a merchant on the phone', () => {
  test.use({ person: 'admin@tierline.test' });

  test('reads why its payment failed, how often it was tried, and which card it was', async ({ page }) => {
    await page.goto('/admin/merchants/mer_late');
    const plan = page.locator('#plan');
    await expect(plan.getByText(/the plan stays until/)).toBeVisible();
    await expect(
      plan.getByText(/^The bank declined the card\. Stripe’s code: .* Tried \d+ times\./),
    ).toBeVisible();
    await expect(plan.getByText(/^Visa ending in \d{4}$/)).toBeVisible();
    await expect(plan.getByText('Stripe’s', { exact: true })).toBeVisible();
    await expect(page.locator('#invoices').getByRole('link', { name: /^Pay/ })).toHaveCount(0);
    await expectAccessible(page);
    await takeScreenshots(page, 'admin-merchant-late');
  });

  test('cancels an add-on of one of its stores and keeps it after all', async ({ page }) => {
    await page.goto(ACME);
    const addOn = page.locator('#add-ons').getByRole('row').filter({ hasText: '5 e-mail accounts' });
    await expect(addOn.getByText('€5.00')).toBeVisible();
    await expect(addOn.getByText(/^Renews on/)).toBeVisible();
    await addOn.getByRole('button', { name: 'Cancel 5 e-mail accounts' }).click();
    const ask = page.getByRole('dialog', { name: /^Cancel 5 e-mail accounts of ACME\? It stays until / });
    await expectAccessible(page);
    await ask.getByRole('button', { name: 'Cancel at the end' }).click();
    await expect(page.getByText(/^5 e-mail accounts ends on /)).toBeVisible();
    await expect(addOn.getByText(/^Ends on/)).toBeVisible();
    await addOn.getByRole('button', { name: 'Keep 5 e-mail accounts' }).click();
    await expect(page.getByText('5 e-mail accounts goes on.')).toBeVisible();
    await expect(addOn.getByText(/^Renews on/)).toBeVisible();
  });

  test('finds all invoices and credit movements behind the last ones', async ({ page }) => {
    for (const [card, link, heading] of [
      ['#invoices', 'All invoices', 'Invoices of Acme Supplies'],
      ['#credits', 'All movements', 'Credits of Acme Supplies'],
    ] as const) {
      await page.goto(ACME);
      await expect(page.locator(card).getByRole('row')).toHaveCount(11);
      await page.locator(card).getByRole('link', { name: link }).click();
      await expect(page.getByRole('heading', { level: 1, name: heading })).toBeVisible();
      expect(await page.getByRole('row').count()).toBeGreaterThan(11);
      await expectAccessible(page);
      await takeScreenshots(page, `admin-merchant-${card.slice(1)}`);
      await page.getByRole('link', { name: '← Back to the merchant' }).click();
      await expect(page.getByRole('heading', { level: 1, name: 'Acme Supplies' })).toBeVisible();
    }
  });

  test('is told what ends with a plan before it is cancelled', async ({ page }) => {
    await page.goto(ACME);
    await page.getByRole('button', { name: 'Cancel plan' }).click();
    const dialog = page.getByRole('dialog', { name: 'Cancel Professional of Acme Supplies?' });
    await expect(dialog.getByText(/end with the plan: .*5 e-mail accounts/)).toBeVisible();
    await expect(dialog.getByLabel('When')).toContainText(/At the end of the period: \d+ \w+ \d{4}/);
    await expectAccessible(page);
  });
});

test.describe('support', () => {
  test.use({ person: 'support@tierline.test' });

  test('sees the add-ons and cannot cancel them', async ({ page }) => {
    await page.goto(ACME);
    const buttons = await page.locator('#add-ons').getByRole('button').all();
    expect(buttons.length).toBeGreaterThan(0);
    for (const button of buttons) {
      await expect(button).toHaveAttribute('aria-disabled', 'true');
      await expect(button).toHaveAccessibleName(/Only an administrator can change this/);
    }
    await expectAccessible(page);
    await takeScreenshots(page, 'admin-merchant-support');
  });
});
