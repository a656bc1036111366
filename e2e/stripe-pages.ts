import type { Page } from '@playwright/test';

/** Presses Subscribe under a plan and waits for local Stripe's checkout. */
export async function openCheckout(page: Page, store: string, plan: string): Promise<void> {
  await page.goto(`/store/${store}/billing`);
  await page.getByRole('button', { name: `Subscribe ${plan}` }).click();
  await page.waitForURL(/\/c\/pay\//);
}

/** Fills the card form of local Stripe's checkout and presses its main button. */
export async function payWith(page: Page, card: string): Promise<void> {
  await page.getByLabel('Card number').fill(card);
  await page.getByLabel('Expiry date').fill('12 / 30');
  await page.getByLabel('CVC').fill('123');
  await page.getByLabel('Name on card').fill('Test Person');
  const address = page.getByLabel('Address');
  if (await address.count()) {
    await page.getByLabel('Country or region').selectOption('LU');
    await address.fill('1, rue du Test');
    await page.getByLabel('Postal code').fill('1234');
    await page.getByLabel('City').fill('Luxembourg');
  }
  await page.locator('button.main').click();
}
