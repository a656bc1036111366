import type { Page } from '@playwright/test';
import { expect, signIn, test } from './fixtures';
import { openCheckout, payWith } from './stripe-pages';

/*
 * The console's main story, on a plan and a merchant of its own: a plan is made, pushed and bought, its limit is lowered
 * with a look at who that hurts, one merchant gets an exception until a day, and the trail tells all of it.
 */
const mark = Date.now().toString(36);
const plan = { code: `story-${mark}`, name: `Story ${mark}` };
const shop = { name: `Storyteller ${mark}`, code: `ST${mark.slice(-6).toUpperCase()}` };
const owner = { email: `owner@${plan.code}.example`, password: 'a long enough password' };
const until = new Date(Date.now() + 20 * 86_400_000);
const untilInWords = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' }).format(until);

test.use({ person: 'admin@tierline.test' });

test('a plan is made, pushed, bought, tightened; an exception changes the answer; the trail has it all', async ({
  page,
  browser,
  catalogue,
}) => {
  test.setTimeout(120_000);
  page.setDefaultTimeout(15_000);
  const merchant = await test.step('a merchant joins', async () => {
    const made = await page.request.post('/api/v1/admin/merchants', {
      data: {
        name: shop.name,
        email: owner.email,
        country: 'LU',
        platform: 'market',
        store: { code: shop.code, name: shop.name },
        owner: { ...owner, name: 'Olga Owner' },
      },
    });
    expect(made.status()).toBe(201);
    return (await made.json()) as { merchant_id: string };
  });
  const merchantPage = `/admin/merchants/${merchant.merchant_id}`;
  const report = (quantity: number) =>
    page.request.post('/api/v1/usage', {
      headers: { 'Idempotency-Key': `${mark}-${quantity}` },
      data: { merchant: merchant.merchant_id, platform: 'market', feature: 'max_products', quantity },
    });

  await test.step('the admin makes a plan with features and pushes it', async () => {
    await page.goto('/admin/subscription-tiers');
    await page.getByRole('button', { name: 'New plan' }).click();
    const form = page.getByRole('dialog', { name: 'New plan' });
    await form.getByLabel('Code').fill(plan.code);
    await form.getByLabel('Name').fill(plan.name);
    await form.getByLabel('Monthly price').fill('31.40');
    await form.getByRole('button', { name: 'Save' }).click();
    await expect(page.getByText(`${plan.name} is created.`)).toBeVisible();
    const slide = await openFeatures(page);
    await slide.getByLabel('Products', { exact: true }).check();
    await slide.locator('[name=limit_max_products]').fill('5');
    await slide.getByLabel('Priority support').check();
    await slide.getByRole('button', { name: 'Save features' }).click();
    await expect(page.getByText(`The features of ${plan.name} are saved.`)).toBeVisible();
    await page.goto('/admin/subscription-tiers/push');
    await expect(page.getByText(`market:${plan.code}`).first()).toBeVisible();
    await catalogue.push(plan.code);
  });

  const theirs = await (await browser.newContext({ storageState: { cookies: [], origins: [] } })).newPage();
  theirs.setDefaultTimeout(15_000);
  await test.step('the owner subscribes through checkout, and the shop uses four of five', async () => {
    await signIn(theirs, owner.email, owner.password);
    await openCheckout(theirs, shop.code, plan.name);
    await payWith(theirs, '4242 4242 4242 4242');
    await theirs.waitForURL(/checkout\/success/);
    expect((await report(4)).status()).toBe(200);
    await theirs.goto(`/store/${shop.code}/billing`);
    await expect(theirs.locator('#usage').getByText('4 of 5')).toBeVisible();
  });

  await test.step('the admin lowers the limit and is told who would be over, by name', async () => {
    await page.goto('/admin/subscription-tiers');
    const slide = await openFeatures(page);
    await slide.locator('[name=limit_max_products]').fill('3');
    await slide.getByRole('button', { name: 'Who is affected?' }).click();
    await expect(slide.getByText(/This plan counts for one merchant, and one would be over/)).toBeVisible();
    await expect(slide.getByText(`${shop.name}: Products 4 of 3`)).toBeVisible();
    await slide.getByRole('button', { name: 'Save features' }).click();
    await expect(slide.getByText(`${shop.name}: Products 4 of 3`)).toBeVisible();
    await slide.getByLabel('Save all the same').check();
    await slide.getByRole('button', { name: 'Save features' }).click();
    await expect(page.getByText(`The features of ${plan.name} are saved.`)).toBeVisible();
    await theirs.reload();
    await expect(theirs.locator('#usage').getByText('4 of 3')).toBeVisible();
    expect((await report(1)).status()).toBe(402);
  });

  await test.step('an exception until a day changes the explanation, here and on the owner’s meter', async () => {
    await page.goto(merchantPage);
    await openWhy(page, 'Products');
    await expect(page.locator('#usage').getByText(plan.name).first()).toBeVisible();
    await page.getByRole('button', { name: /exception for Products/i }).click();
    const form = page.getByRole('dialog', { name: 'Exception for Products' });
    await expect(form.getByPlaceholder('Tier default: 3')).toBeVisible();
    await form.getByLabel('Limit', { exact: true }).fill('9');
    await form.getByLabel('Reason').fill('Keeps its promise');
    await form.getByLabel('Until').fill(until.toISOString().slice(0, 10));
    await form.getByRole('button', { name: 'Save exception' }).click();
    await expect(page.getByText('The exception holds.')).toBeVisible();
    await page.reload();
    await theirs.reload();
    for (const seen of [page, theirs]) {
      await expect(seen.locator('#usage').getByText('4 of 9')).toBeVisible();
      await openWhy(seen, 'Products');
      const because = seen.locator('#usage').getByText('Keeps its promise');
      await expect(because).toBeVisible();
      await expect(because).toContainText(untilInWords);
    }
    expect((await report(2)).status()).toBe(200);
  });

  await test.step('the trail tells who did what, before and after', async () => {
    await page.goto(`/admin/audit?merchant=${merchant.merchant_id}`);
    const said = (words: string) => page.getByRole('row').filter({ hasText: words }).first();
    await expect(said('Keeps its promise')).toContainText('Ada Admin');
    await expect(said('Keeps its promise')).toContainText('9');
    await expect(said('Keeps its promise')).toContainText('Products');
    await expect(said('Subscription created')).toContainText('Stripe');
    await page.goto(`/admin/audit?action=tier.created&entity=tier`);
    await expect(said(plan.name)).toContainText('Ada Admin');
    await page.goto('/admin/audit?action=tier.limits_changed');
    await expect(said(plan.name)).toContainText('Ada Admin');
    await page.goto('/admin/audit?action=stripe.create_price');
    await expect(said(plan.name)).toContainText('Price made at Stripe');
  });
  await theirs.context().close();
});

async function openFeatures(page: Page) {
  await page.getByRole('button', { name: `What ${plan.name} grants` }).click();
  return page.getByRole('dialog', { name: `What ${plan.name} grants` });
}

/** Opens the explanation beside a meter. */
async function openWhy(page: Page, feature: string): Promise<void> {
  const heading = page.locator('#usage').getByRole('heading', { name: feature, exact: true });
  await heading.locator('xpath=../..').getByText('Why this number?').click();
}
