import { createStripe } from '@/lib/stripe/client';
import { expect, expectAccessible, takeScreenshots, test } from './fixtures';
import { openCheckout, payWith } from './stripe-pages';

test.describe('LAPSED, whose trial is over', () => {
  // Local Stripe's page answers a decline with 402, which the browser logs.
  test.use({ person: 'owner@lapsed.test', expectedErrors: [/c\/pay\//] });

  test('a declined card changes nothing and says so', async ({ page }) => {
    await openCheckout(page, 'LAPSED', 'Professional');
    await payWith(page, '4000 0000 0000 0002');
    await expect(page.getByText('Your card was declined')).toBeVisible();
    await page.goto('/store/LAPSED/billing');
    await expect(page.getByText('Your trial is over')).toBeVisible();
  });

  test('subscribes to Professional and sees it active, with its invoice', async ({ page }) => {
    await openCheckout(page, 'LAPSED', 'Professional');
    await payWith(page, '4242 4242 4242 4242');
    await page.waitForURL(/checkout\/success/);
    await expect(page.getByText('Professional is active.')).toBeVisible();
    await page.goto('/store/LAPSED/billing');
    const next = new Date();
    next.setUTCMonth(next.getUTCMonth() + 1);
    const date = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long', timeZone: 'UTC' }).format(
      next,
    );
    await expect(page.getByText(`Professional, renews on ${date} for €99.00.`)).toBeVisible();
    const invoices = page.locator('#invoices');
    await expect(invoices.getByText('€99.00').first()).toBeVisible();
    await expect(invoices.getByText('Paid').first()).toBeVisible();
    await expect(page.getByText('Visa ending in 4242')).toBeVisible();
    await expectAccessible(page);
    await takeScreenshots(page, 'billing-active');
  });

  test('cannot buy a second plan: there is only a change', async ({ page }) => {
    await page.goto('/store/LAPSED/billing');
    await expect(page.getByRole('button', { name: /^Subscribe/ })).toHaveCount(0);
    const answer = await page.request.post('/api/v1/store/billing/checkout?store=LAPSED', {
      data: { tier_code: 'business' },
    });
    expect(answer.status()).toBe(409);
    expect((await answer.json()).error.code).toBe('subscription_conflict');
  });

  test('upgrades to Business after a preview, at once', async ({ page }) => {
    await page.goto('/store/LAPSED/billing');
    await page.getByRole('link', { name: 'Upgrade Business' }).click();
    await page.waitForURL(/billing\/change/);
    await takeScreenshots(page, 'change-preview');
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Upgrade now' }).click();
    await page.waitForURL(/billing(#|\?|$)/);
    await expect(page.getByText(/^Business, renews on/)).toBeVisible();
  });

  test('plans a downgrade, takes it back, cancels, and stays after all', async ({ page }) => {
    await page.goto('/store/LAPSED/billing');
    await page.getByRole('link', { name: 'Downgrade Essential' }).click();
    await page.waitForURL(/billing\/change/);
    await page.getByRole('button', { name: 'Plan the downgrade' }).click();
    // One sentence does not say what the other takes back: what is left for another plan does not renew.
    await expect(page.locator('#plan').getByText(/^Business until /)).toBeVisible();
    await page.waitForURL(/billing(#|\?|$)/);
    await expect(page.getByText(/^Changes to Essential/)).toBeVisible();
    await page.getByRole('button', { name: 'Keep current plan' }).click();
    await expect(page.getByRole('link', { name: 'Downgrade Essential' })).toBeVisible();
    await page.getByRole('button', { name: 'Cancel plan' }).click();
    await page.getByRole('button', { name: /^Cancel on/ }).click();
    await expect(page.getByText(/^Business ends on/).first()).toBeVisible();
    await page.getByRole('button', { name: 'Keep my plan' }).first().click();
    await expect(page.getByText(/^Business, renews on/)).toBeVisible();
  });

  test('ends an add-on that is billed with the plan at once, as it was told, and keeps the plan', async ({
    page,
  }) => {
    // As an imported subscription has it: an item beside the plan.
    const stripe = createStripe('sk_test_local', process.env.E2E_STRIPE_URL);
    const [customer] = (await stripe.customers.list({ email: 'owner@lapsed.test' })).data;
    const [plan] = (await stripe.subscriptions.list({ customer: customer?.id })).data;
    const [price] = (await stripe.prices.list({ lookup_keys: ['market:email_5:month:eur'] })).data;
    await stripe.subscriptionItems.create({ subscription: plan?.id ?? '', price: price?.id });
    const addOns = page.locator('#add-ons');
    await expect(async () => {
      await page.goto('/store/LAPSED/billing');
      await expect(addOns.getByText(/^Billed with your plan/)).toBeVisible({ timeout: 1000 });
    }).toPass();
    await addOns.getByRole('button', { name: 'Cancel 5 e-mail accounts' }).click();
    await expect(page.getByRole('dialog')).toContainText('so it ends at once. Your plan stays.');
    await takeScreenshots(page, 'add-on-with-plan');
    await page.getByRole('button', { name: 'Cancel now' }).click();
    await expect(page.getByText(/^Business, renews on/)).toBeVisible();
    await expect(addOns.getByText(/^Billed with your plan/)).toHaveCount(0);
    expect(await stripe.subscriptions.retrieve(plan?.id ?? '')).toMatchObject({
      status: 'active',
      cancel_at: null,
      items: { data: { length: 1 } },
    });
  });
});

test.describe('FRESH, in its trial', () => {
  test.use({ person: 'owner@fresh.test', expectedErrors: [/c\/pay\//] });

  test('two tabs get the same checkout, and another choice closes the first', async ({ page, context }) => {
    await openCheckout(page, 'FRESH', 'Professional');
    const other = await context.newPage();
    await openCheckout(other, 'FRESH', 'Professional');
    expect(other.url()).toBe(page.url());
    await openCheckout(other, 'FRESH', 'Business');
    expect(other.url()).not.toBe(page.url());
    await page.reload();
    await expect(page.getByText(/expired/i).first()).toBeVisible();
  });

  test('subscribes and keeps the remaining days: a trial and an invoice of 0.00', async ({ page }) => {
    await openCheckout(page, 'FRESH', 'Professional');
    await payWith(page, '4242 4242 4242 4242');
    // The success page is left before it loads: what was bought does not depend on it.
    await page.waitForURL(/checkout\/success/, { waitUntil: 'commit' });
    await page.goto('/store/FRESH/billing');
    await expect(page.getByText(/Professional.*trial|free until|trial/i).first()).toBeVisible();
    await expect(async () => {
      await page.reload();
      await expect(page.locator('#invoices').getByText('€0.00').first()).toBeVisible({ timeout: 1000 });
    }).toPass();
    await takeScreenshots(page, 'billing-trialing');
  });
});
