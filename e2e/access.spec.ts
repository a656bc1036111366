import { expect, expectAccessible, signIn, takeScreenshots, test } from './fixtures';

test.describe('a visitor', () => {
  test('lands on sign-in and comes back to where they wanted to go', async ({ page }) => {
    await page.goto('/store/ACME/products');
    await expect(page).toHaveURL(/\/sign-in\?callbackUrl/);
    await expectAccessible(page);
    await takeScreenshots(page, 'sign-in');
    await page.getByLabel('E-mail').fill('owner@acme.test');
    await page.getByLabel('Password').fill('demo-password');
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await expect(page).toHaveURL(/\/store\/ACME\/products/);
  });

  test('hears the same for a wrong password and an unknown person', async ({ page }) => {
    const words: string[] = [];
    for (const email of ['owner@grand.test', 'nobody@nowhere.test']) {
      await page.goto('/sign-in');
      await page.getByLabel('E-mail').fill(email);
      await page.getByLabel('Password').fill('not the password');
      await page.getByRole('button', { name: 'Sign in', exact: true }).click();
      // Next has an alert of its own, for route changes.
      const said = page.locator('form [role=alert]').first();
      await expect(said).toBeVisible();
      words.push((await said.textContent()) ?? '');
    }
    expect(words[0]).toBeTruthy();
    expect(words[0]).toBe(words[1]);
  });
});

test.describe('an owner', () => {
  test.use({ person: 'owner@acme.test', expectedErrors: [/404/] });

  test("does not find another merchant's store, on pages or by API", async ({ page }) => {
    for (const path of ['/store/GRAND', '/store/GRAND/billing', '/store/GRAND/products', '/store/NOSUCH']) {
      const answer = await page.goto(path);
      expect(answer?.status(), path).toBe(404);
    }
    const api = await page.request.get('/api/v1/store/billing/subscription?store=GRAND');
    expect(api.status()).toBe(404);
    const admin = await page.goto('/admin');
    expect(admin?.status()).toBe(404);
  });

  test('with two stores must name one by API', async ({ page }) => {
    const answer = await page.request.get('/api/v1/store/billing/subscription');
    expect(answer.status()).toBe(400);
    expect((await answer.json()).error.code).toBe('store_required');
    const named = await page.request.get('/api/v1/store/billing/subscription?store=ACME');
    expect(await named.json()).toMatchObject({
      status: 'active',
      tier: { code: 'professional' },
      is_annual: false,
    });
  });
});

test.describe('a team member', () => {
  test.use({ person: 'member@acme.test' });

  test('sees billing and changes nothing, in the page and at the server', async ({ page }) => {
    await page.goto('/store/ACME/billing');
    await expect(page.getByText(/^Professional, renews on/)).toBeVisible();
    await expect(page.getByRole('button', { name: 'Cancel plan' })).toBeDisabled();
    await expectAccessible(page);
    for (const path of ['cancel', 'portal', 'reactivate']) {
      const answer = await page.request.post(`/api/v1/store/billing/${path}?store=ACME`, { data: {} });
      expect(answer.status(), path).toBe(403);
    }
  });
});

test('a person signs out and the session is over', async ({ page }) => {
  await signIn(page, 'support@tierline.test');
  expect((await page.request.get('/api/auth/session')).ok()).toBe(true);
  await page.context().clearCookies();
  await page.goto('/admin');
  await expect(page).toHaveURL(/\/sign-in/);
});
