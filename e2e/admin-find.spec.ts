import { expect, expectAccessible, takeScreenshots, test } from './fixtures';

test.describe('support', () => {
  test.use({ person: 'support@tierline.test' });

  test('jumps to a merchant, an invoice and a page from the keyboard', async ({ page }) => {
    await page.goto('/admin/jobs');
    const box = page.getByRole('combobox', { name: /A merchant, store/ });
    // Pressed before the page has come alive it opens nothing; once open, pressing again changes nothing.
    await expect(async () => {
      await page.keyboard.press('Control+k');
      await expect(box).toBeFocused({ timeout: 1000 });
    }).toPass();
    await page.keyboard.type('grand gal');
    await expect(page.getByRole('option', { name: /GRANDFR/ })).toBeVisible();
    await expectAccessible(page);
    await page.keyboard.press('Enter');
    await expect(page.getByRole('heading', { level: 1, name: 'Grand Galleries' })).toBeVisible();
    await expect(page.getByRole('row', { name: /^Monthly credits 2,000 None 2,000/ })).toBeVisible();
    const number = await page.locator('#invoices td').first().innerText();

    await page.keyboard.press('Control+k');
    await page.keyboard.type('no such thing');
    await expect(page.getByText(/^Nothing found/)).toBeVisible();
    await box.fill(number.toLowerCase());
    await expect(page.getByRole('option', { name: number })).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(page.getByRole('dialog')).toHaveCount(0);

    await page.setViewportSize({ width: 360, height: 740 });
    await page.getByRole('button', { name: 'Menu' }).click();
    await page.getByRole('button', { name: /^Search/ }).click();
    await page.keyboard.type('audit');
    await expect(page.getByRole('option', { name: 'Audit' })).toBeVisible();
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL(/\/admin\/audit$/);
  });

  test('finds a merchant by the name of somebody who works there', async ({ page }) => {
    await page.goto('/admin/merchants?search=olivia');
    await expect(page.getByPlaceholder(/person/)).toHaveValue('olivia');
    await expect(page.getByRole('link', { name: /Acme/ }).first()).toBeVisible();
  });

  test('reads who stays, by merchants and by revenue, and takes it along as a file', async ({ page }) => {
    await page.goto('/admin?months=12');
    const table = page.getByRole('table', { name: 'Who stays, EUR' });
    const first = table.getByRole('row').nth(1);
    await expect(first).toContainText('100%');
    const merchants = await first.innerText();
    await page.getByRole('link', { name: 'Revenue' }).click();
    await expect(page).toHaveURL(/retention=mrr/);
    await expect(first).toContainText('€');
    expect(await first.innerText()).not.toBe(merchants);
    const file = await page.request.get('/admin/export?what=retention&months=12');
    const [header, ...rows] = (await file.text()).trim().split('\r\n');
    expect(header).toContain('first_paid,currency,months_on,began_accounts,accounts,began_mrr,mrr');
    expect(rows.length).toBeGreaterThan(12);
  });
});

test.describe('an owner', () => {
  test.use({ person: 'owner@acme.test' });

  test('finds nothing through the console', async ({ page }) => {
    const answer = await page.request.get('/admin/search?q=grand');
    expect(answer.status()).toBe(404);
    expect(await answer.text()).not.toContain('Grand Galleries');
    expect((await page.request.get('/admin/export?what=retention')).status()).toBe(404);
  });
});

test.describe('the audit trail', () => {
  test.use({ person: 'support@tierline.test' });

  test('is narrowed to who did it by a part of a name, a kind or a job, and says when nothing matches', async ({
    page,
  }) => {
    const rows = page.getByRole('row');
    const who = page.getByLabel('Who (part of name or e-mail)');
    await page.goto('/admin/audit');
    await who.fill('Stripe');
    await who.press('Enter');
    await expect(page).toHaveURL(/actor=Stripe/);
    await expect(rows.nth(1)).toContainText('Stripe');
    await page.getByLabel('Done by').selectOption('Job');
    await who.fill('trials');
    await who.press('Enter');
    await expect(page).toHaveURL(/by=job/);
    await expect(rows.nth(1)).toContainText('End trials that are over');
    await page.goto('/admin/audit?actor=nobody-of-this-name&from=2027-02-30');
    await expect(page.getByText('No row matches')).toBeVisible();
    await expect(page.getByLabel('From')).toHaveAccessibleDescription(/no day that there is/);
    await expectAccessible(page);
    await takeScreenshots(page, 'admin-audit-no-match');
  });
});
