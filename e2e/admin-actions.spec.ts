import type { APIRequestContext, Page } from '@playwright/test';
import { expect, expectAccessible, takeScreenshots, test } from './fixtures';

/*
 * Every action of an admin, clicked once, on merchants of this file alone; and what is left of a closed one.
 */
const mark = Date.now().toString(36);
const LOCKED = /Only an administrator can change this/;
const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);

test.describe('an admin', () => {
  test.use({ person: 'admin@tierline.test', expectedErrors: [/404/] });

  test('extends a trial, gives a plan, ends it, and closes the merchant; its owner is out', async ({
    page,
    browser,
    baseURL,
  }) => {
    const email = `owner-${mark}@closing.example`;
    const made = await page.request.post('/api/v1/admin/merchants', {
      data: {
        name: `Closing ${mark}`,
        email,
        platform: 'market',
        store: { code: `CL${mark.slice(-6).toUpperCase()}`, name: 'Closing' },
        owner: { email, name: 'Carl Closing', password: 'a long enough password' },
      },
    });
    expect(made.status()).toBe(201);
    const { merchant_id: id } = (await made.json()) as { merchant_id: string };
    await page.goto(`/admin/merchants/${id}`);
    const plan = page.locator('#plan');

    const trial = await open(page, 'Extend trial', /^Extend the trial/);
    await trial.getByLabel('Trial ends on').fill(inDays(50));
    await trial.getByRole('button', { name: 'Extend trial' }).click();
    await expect(trial.getByLabel('Reason')).toHaveAttribute('aria-invalid', 'true');
    await trial.getByLabel('Reason').fill('Moves in slowly');
    await trial.getByRole('button', { name: 'Extend trial' }).click();
    await expect(page.getByText(/^The trial runs until/)).toBeVisible();

    const gift = await open(page, 'Give a plan', /a plan for nothing$/);
    await gift.getByLabel('Plan').selectOption('business');
    await gift.getByLabel('Reason').fill('Partner of the house');
    await gift.getByRole('button', { name: 'Give it' }).click();
    await expect(page.getByText('Business holds now.')).toBeVisible();
    await expect(
      plan.getByText('Business, given for nothing until it is taken back.', { exact: true }),
    ).toBeVisible();
    await expect(plan.getByText(/^By Ada Admin on .*: Partner of the house$/)).toBeVisible();
    await expectAccessible(page);
    await takeScreenshots(page, 'admin-merchant-given');

    const end = await open(page, 'Cancel plan', /^Cancel Business/);
    await end.getByLabel('Reason').fill('Partner no more');
    await end.getByRole('button', { name: 'Cancel plan' }).click();
    await expect(page.getByText('The plan is cancelled.')).toBeVisible();

    const close = await open(page, 'Close merchant', /^Close Closing/);
    await close.getByLabel('Reason').fill('Asked to be forgotten');
    await close.getByRole('button', { name: /for good$/ }).click();
    await expect(page.getByText('The merchant is closed.')).toBeVisible();
    await page.reload();
    await expect(page.locator('h1').getByText('Closed')).toBeVisible();
    await expect(page.getByRole('main')).not.toContainText(email);
    const again = page.getByRole('button', { name: /^Close merchant/ });
    await expect(again).toHaveAttribute('aria-disabled', 'true');
    for (const words of [
      'Asked to be forgotten',
      'Partner no more',
      'Partner of the house',
      'Moves in slowly',
    ])
      await expect(page.locator('#audit').getByText(words)).toBeVisible();

    const other = await browser.newContext({ baseURL, storageState: { cookies: [], origins: [] } });
    const theirs = await other.newPage();
    await theirs.goto('/sign-in');
    await theirs.getByLabel('E-mail').fill(email);
    await theirs.getByLabel('Password').fill('a long enough password');
    await theirs.getByRole('button', { name: 'Sign in', exact: true }).click();
    await expect(theirs.locator('form [role=alert]').first()).toBeVisible();
    await other.close();
  });

  test('cancels at the period’s end, takes it back, and upgrades as previewed', async ({ page }) => {
    await page.goto('/admin/merchants/mer_juniper_jewels');
    const cancel = await open(page, 'Cancel plan', /^Cancel /);
    await cancel.getByLabel('When').selectOption('period_end');
    await cancel.getByLabel('Reason').fill('Winter break');
    await cancel.getByRole('button', { name: 'Cancel plan' }).click();
    await expect(page.getByText('The plan is cancelled.')).toBeVisible();
    await expect(page.locator('#plan').getByText('Winter break')).toBeVisible();
    await page.getByRole('button', { name: 'Take the cancellation back' }).click();
    await expect(page.getByText('The cancellation is taken back.')).toBeVisible();
    await expect(page.locator('#plan').getByText('Winter break')).toHaveCount(0);

    const change = await open(page, 'Change plan', /^Change the plan of/);
    await change.getByLabel('Plan').selectOption('business');
    await change.getByRole('button', { name: 'Preview' }).click();
    await page.waitForURL(/\/change\?/);
    await expect(page.getByText(/ pays .* now, then /).first()).toBeVisible();
    await page.getByRole('button', { name: 'Change to Business' }).click();
    await page.waitForURL(/mer_juniper_jewels\?platform=market/);
    await expect(page.locator('#plan').getByText(/^Business, renews on/)).toBeVisible();
  });

  test('looks after the inbox: a payload, one again, all again, one set aside with a reason', async ({
    page,
  }) => {
    const broken = await breakEvent(page.request);
    const mine = page.locator(`a[href$="${broken.event}"]`);
    await page.goto(`/admin/webhook-events?status=failed&type=customer.subscription.created`);
    await mine.click();
    await expect(page.locator('h1')).toHaveText('customer.subscription.created');
    await expect(page.getByText(/^The price belongs to no plan/).first()).toBeVisible();
    await page.locator('#payload summary').click();
    await expect(page.locator('pre')).toContainText(broken.price);
    await page.getByRole('button', { name: 'Process again' }).click();
    await expect(page.getByText('Processed again: Failed, is retried.')).toBeVisible();
    await page.goto('/admin/merchants/mer_yarrow_yarns');
    await expect(page.locator('#events').locator(`a[href$="${broken.event}"]`)).toBeVisible();
    await page.getByRole('button', { name: 'Compare now' }).click();
    await expect(page.getByText(/ waits? for a decision\./)).toBeVisible();
    const differences = page.locator('#differences');
    await expect(differences.getByText(/^Subscription\. The price belongs to no plan/).first()).toBeVisible();
    await expect(
      differences.getByRole('link', { name: `See it at Stripe ${broken.price}` }).first(),
    ).toBeVisible();
    await expectAccessible(page);
    await takeScreenshots(page, 'admin-merchant-differences');
    await page.goto('/admin/webhook-events?status=failed');
    await page.getByRole('button', { name: 'Process all failed again' }).click();
    await expect(page.getByText(/processed again, \d+ still fail/)).toBeVisible();
    await mine.click();
    const aside = await open(page, 'Set aside', 'Set aside');
    await aside.getByRole('button', { name: 'Set aside' }).click();
    await expect(aside.getByLabel('Reason')).toHaveAttribute('aria-invalid', 'true');
    await aside.getByLabel('Reason').fill('Sold by hand');
    await aside.getByRole('button', { name: 'Set aside' }).click();
    await expect(page.getByText('The event is set aside.')).toBeVisible();
    await expect(page.locator('#state').getByText('Ignored', { exact: true })).toBeVisible();
    // What else Stripe told of that sale.
    const waiting = await page.request.get('/api/v1/admin/webhook-events?status=failed');
    for (const { id } of ((await waiting.json()) as { data: { id: string }[] }).data)
      await page.request.post(`/api/v1/admin/webhook-events/${id}/ignore`, {
        data: { reason: 'Sold by hand' },
      });
    await page.goto('/admin/audit?action=event.ignored');
    await expect(page.getByText('Reason: Sold by hand').first()).toBeVisible();
  });

  test('runs a job, and makes a key that works until it is revoked', async ({ page, context, request }) => {
    await page.goto('/admin/jobs');
    await page.getByRole('button', { name: 'Run now Check usage counters' }).click();
    await expect(page.getByText('Check usage counters is done.')).toBeVisible();
    const row = page.getByRole('row').filter({ hasText: 'Check usage counters' });
    await expect(row.getByText('By hand')).toBeVisible();
    await expect(row.getByText('Done')).toBeVisible();

    await page.goto('/admin/api-keys');
    await page.getByRole('button', { name: 'New key' }).click();
    const form = page.getByRole('dialog', { name: 'New key' });
    await form.getByLabel('Name').fill(`Tills ${mark}`);
    await form.getByLabel('May').selectOption('support');
    await form.getByLabel('Merchant').fill('mer_nowhere');
    await form.getByRole('button', { name: 'New key' }).click();
    await expect(form.getByLabel('Merchant')).toHaveAttribute('aria-invalid', 'true');
    await form.getByLabel('Merchant').fill('');
    await form.getByRole('button', { name: 'New key' }).click();
    const secret = form.getByText(/^tl_[\w-]{32}$/);
    await expect(secret).toBeVisible();
    const key = (await secret.textContent()) ?? '';
    await expect(form.getByLabel('Name')).toHaveCount(0);
    await expectAccessible(page);
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await form.getByRole('button', { name: 'Copy' }).click();
    await expect(form.getByRole('button', { name: 'Copied' })).toBeVisible();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(key);
    await form.getByRole('button', { name: 'Close' }).click();
    await page.getByRole('button', { name: 'New key' }).click();
    await expect(form.getByLabel('Name')).toHaveValue('');
    await expect(page.getByText(key)).toHaveCount(0);
    const ask = () =>
      request.get('/api/v1/admin/subscriptions/stats', { headers: { authorization: `Bearer ${key}` } });
    expect((await ask()).status()).toBe(200);
    await page.reload();
    await expect(page.getByText(key)).toHaveCount(0);
    const mine = page.getByRole('row').filter({ hasText: `Tills ${mark}` });
    await mine.getByRole('button', { name: 'Revoke' }).click();
    await page
      .getByRole('dialog', { name: new RegExp(`^Revoke Tills ${mark}`) })
      .getByRole('button', { name: 'Revoke' })
      .click();
    await expect(page.getByText(`Tills ${mark} is revoked.`)).toBeVisible();
    expect((await ask()).status()).toBe(401);
  });

  test('searches the trail by person, kind, action and day, and takes it away as a file', async ({
    page,
  }) => {
    await page.goto('/admin/audit');
    await page.getByLabel('Kind', { exact: true }).selectOption('api_key');
    await page.getByLabel('What', { exact: true }).selectOption('api_key.created');
    await page.getByLabel('Who (part of name or e-mail)').fill('admin@tierline.test');
    await page.getByLabel('From').fill(inDays(-1));
    await page.getByRole('button', { name: 'Filter' }).click();
    const row = page.getByRole('row').filter({ hasText: `Tills ${mark}` });
    await expect(row).toContainText('Ada Admin');
    await expect(row).toContainText('API key made');
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Export CSV' }).click(),
    ]);
    const text = await (await file.createReadStream()).toArray();
    const lines = Buffer.concat(text).toString('utf8').trim().split('\r\n');
    expect(lines.length).toBeGreaterThan(1);
    expect(lines.slice(1).every((line) => line.includes('api_key.created'))).toBe(true);
    await page.getByLabel('To', { exact: true }).fill('2001-01-01');
    await page.getByRole('button', { name: 'Filter' }).click();
    await expect(page.getByText('No row matches')).toBeVisible();
  });

  test('says the same on the overview as the API does', async ({ page }) => {
    const answer = await page.request.get('/api/v1/admin/subscriptions/stats');
    const stats = (await answer.json()) as { mrr: { currency: string; amount: number }[]; past_due: number };
    await page.goto('/admin');
    for (const { currency, amount } of stats.mrr) {
      const money = new Intl.NumberFormat('en-GB', { style: 'currency', currency }).format(amount / 100);
      await expect(page.getByRole('main').getByText(money, { exact: true }).first()).toBeVisible();
    }
    await expect(page.getByText(/ in the one before$/).first()).toBeVisible();
    await page.locator('#mix').getByRole('link', { name: 'Professional' }).click();
    await expect(page).toHaveURL(/subscriptions\?tier=professional&state=running/);
    // A period that there is none of is six months.
    await page.goto('/admin?months=99');
    await expect(page.getByRole('link', { name: '6 months' })).toHaveAttribute('aria-current', 'true');
  });

  test('gives a feature with the keyboard alone', async ({ page }) => {
    await page.goto('/admin/subscription-tiers');
    await page.keyboard.press('Tab');
    await expect(page.getByRole('link', { name: 'Skip to content' })).toBeFocused();
    await page.keyboard.press('Enter');
    const trigger = page.getByRole('button', { name: 'What Enterprise grants' });
    await tabTo(page, trigger);
    await page.keyboard.press('Enter');
    const slide = page.getByRole('dialog', { name: 'What Enterprise grants' });
    await expect(slide).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(slide).toBeHidden();
    await expect(trigger).toBeFocused();
    await page.keyboard.press('Enter');
    // Wherever it is scrolled to, what ends it is not covered by what scrolls under it.
    const covered = await slide.evaluate((dialog) => {
      const bar = dialog.querySelector('.bottom-bar');
      const found: string[] = [];
      for (let y = 0; bar && y < dialog.scrollHeight; y += 20) {
        dialog.scrollTop = y;
        const { left, right, top, bottom } = bar.getBoundingClientRect();
        for (let x = left + 10; x < right - 10; x += 20) {
          const hit = document.elementFromPoint(x, (top + bottom) / 2);
          if (!bar.contains(hit)) found.push(hit?.outerHTML.slice(0, 80) ?? 'nothing');
        }
      }
      return bar ? found : ['no bar'];
    });
    expect(covered).toEqual([]);
    const box = slide.getByLabel('White label');
    const was = await box.isChecked();
    await tabTo(page, box);
    await page.keyboard.press('Space');
    await page.keyboard.press('Space');
    expect(await box.isChecked()).toBe(was);
    await tabTo(page, slide.getByRole('button', { name: 'Save features' }));
    await page.keyboard.press('Enter');
    await expect(page.getByText('The features of Enterprise are saved.')).toBeVisible();
    await expect(slide).toBeHidden();
    await expect(trigger).toBeFocused();
  });
});

test.describe('support', () => {
  test.use({ person: 'support@tierline.test' });

  test('finds every control of these pages disabled, with the reason', async ({ page }) => {
    const controls: [string, RegExp][] = [
      ['/admin/jobs', /^Run now/],
      ['/admin/api-keys', /^New key/],
      ['/admin/merchants/mer_grand', /^(Give a plan|Extend trial|Cancel plan|Close merchant)/],
      ['/admin/subscription-tiers', /^(New plan|Edit )/],
      ['/admin/add-ons', /^(New add-on|Edit )/],
      ['/admin/credit-packages', /^(New package|Edit )/],
    ];
    for (const [path, name] of controls) {
      await page.goto(path);
      const buttons = await page.getByRole('button', { name }).all();
      expect(buttons.length, path).toBeGreaterThan(0);
      for (const button of buttons) {
        await expect(button, path).toHaveAttribute('aria-disabled', 'true');
        await expect(button, path).toHaveAccessibleName(LOCKED);
      }
    }
    await page.goto('/admin/webhook-events');
    await page.getByRole('table').getByRole('link').first().click();
    const again = page.getByRole('button', { name: /^Process again/ });
    await expect(again).toHaveAttribute('aria-disabled', 'true');
    const id = page.url().split('/').at(-1);
    for (const verb of ['replay', 'ignore']) {
      const answer = await page.request.post(`/api/v1/admin/webhook-events/${id}/${verb}`, {
        data: { reason: 'no' },
      });
      expect(answer.status(), verb).toBe(403);
    }
  });
});

/** Opens a dialog by its button. */
async function open(page: Page, button: string, title: string | RegExp) {
  await page.getByRole('button', { name: button, exact: true }).click();
  return page.getByRole('dialog', { name: title });
}

/** Presses Tab until something has the focus, as a person without a mouse does. */
async function tabTo(page: Page, target: ReturnType<Page['getByRole']>): Promise<void> {
  for (let presses = 0; presses < 150; presses++) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error('the keyboard does not reach it');
}

/** A subscription that somebody sold by hand at Stripe, of a price that is no plan's: its event fails and says so. */
async function breakEvent(request: APIRequestContext): Promise<{ price: string; event: string }> {
  const stripe = async (path: string, form: Record<string, string>) => {
    const answer = await request.post(`${process.env.E2E_STRIPE_URL}/v1/${path}`, {
      headers: { authorization: 'Bearer sk_test_local' },
      form,
    });
    expect(answer.status(), path).toBe(200);
    return (await answer.json()) as { id: string };
  };
  const found = await request.get('/api/v1/admin/subscriptions/merchants/mer_yarrow_yarns/platforms/market');
  const { stripe_customer_id: customer } = (await found.json()) as { stripe_customer_id: string };
  const product = await stripe('products', { name: 'Sold by hand' });
  const price = await stripe('prices', {
    product: product.id,
    currency: 'eur',
    unit_amount: '7700',
    'recurring[interval]': 'month',
  });
  await stripe('subscriptions', { customer, 'items[0][price]': price.id });
  let event = '';
  await expect
    .poll(async () => {
      const inbox = await request.get(
        '/api/v1/admin/webhook-events?status=failed&type=customer.subscription.created',
      );
      const { data } = (await inbox.json()) as { data: { id: string; error: string | null }[] };
      event = data.find((one) => one.error?.includes(price.id))?.id ?? '';
      return event;
    })
    .not.toBe('');
  return { price: price.id, event };
}
