import type { Locator, Page } from '@playwright/test';
import { expect, expectAccessible, takeScreenshots, test } from './fixtures';

// Each walks a whole life of a plan, with its pushes.
test.describe.configure({ timeout: 90_000 });

const PLANS = '/admin/subscription-tiers';
const mark = Date.now().toString(36).slice(-5);

const dialog = (page: Page) => page.locator('dialog[open]');
const field = (page: Page, name: string) => dialog(page).locator(`[name="${name}"]`);
const fill = async (page: Page, values: Record<string, string>) => {
  for (const [name, value] of Object.entries(values)) await field(page, name).fill(value);
};
const save = (page: Page, name = 'Save') => dialog(page).getByRole('button', { name, exact: true }).click();
const wrong = async (page: Page) =>
  dialog(page)
    .locator('[aria-invalid="true"]')
    .evaluateAll((all) => all.map((one) => one.getAttribute('name')));
const stepsOf = (page: Page, code: string) =>
  page
    .getByRole('row')
    .filter({ hasText: `market:${code}` })
    .allInnerTexts();

async function makePlan(page: Page, code: string, name: string, price = '29.50') {
  await page.goto(PLANS);
  await page.getByRole('button', { name: 'New plan' }).click();
  await fill(page, { code, name, price_month_0: price });
  await save(page);
  await expect(page.getByText(`${name} is created.`)).toBeVisible();
}

/** As somebody does in Stripe's dashboard. */
async function archivePrice(id: string) {
  const answer = await fetch(`${process.env.E2E_STRIPE_URL}/v1/prices/${id}`, {
    method: 'POST',
    headers: { authorization: 'Bearer sk_test_local' },
    body: new URLSearchParams({ active: 'false' }),
  });
  expect(answer.status, id).toBe(200);
}

/** Other files read the plans too. */
async function removePlans(page: Page, ...codes: string[]) {
  for (const code of codes) {
    const answer = await page.request.delete(`/api/v1/admin/subscriptions/tiers/${code}`, {
      headers: { origin: new URL(page.url()).origin },
    });
    expect(answer.status(), code).toBe(200);
  }
}

/** The open dialog in both themes and at both widths. */
async function look(page: Page, name: string) {
  await expectAccessible(page);
  for (const [kind, width, colorScheme] of [
    ['wide', 1440, null],
    ['dark', 1440, 'dark'],
    ['narrow', 360, null],
  ] as const) {
    await page.emulateMedia({ colorScheme });
    if (colorScheme) await expectAccessible(page);
    await page.setViewportSize({ width, height: 900 });
    const overflow = await dialog(page).evaluate((one) => one.scrollWidth - one.clientWidth);
    expect(overflow, `pixels that stick out of the dialog at ${width}`).toBeLessThanOrEqual(0);
    await page.screenshot({ path: `test-results/screenshots/${name}-${kind}.png`, animations: 'disabled' });
  }
  await page.setViewportSize({ width: 1440, height: 900 });
}

test.describe('an admin', () => {
  test.use({ person: 'admin@tierline.test' });

  test('is told at each field what is wrong with a plan, and sells it in two currencies until it goes', async ({
    page,
    catalogue,
  }) => {
    const [code, name] = [`duo-${mark}`, `Duo ${mark}`];
    await page.goto(PLANS);
    await page.getByRole('button', { name: 'New plan' }).click();
    await dialog(page).getByRole('button', { name: 'Add a currency' }).click();
    await dialog(page).getByRole('button', { name: 'Add a currency' }).click();
    await fill(page, {
      code: 'Two words',
      name,
      price_month_0: '-5',
      price_year_0: 'ten',
      price_currency_1: 'JPY',
      price_month_1: '500.50',
      price_currency_2: 'CHF',
      price_month_2: '1.234',
      trialDays: '-1',
      displayOrder: '99999',
      stripeProductId: 'none',
    });
    await save(page);
    await expect(field(page, 'code')).toBeFocused();
    await expect(dialog(page).getByRole('alert')).toHaveText('Check the marked fields and try again.');
    expect(await wrong(page)).toEqual([
      'code',
      'price_month_0',
      'price_year_0',
      'price_month_1',
      'price_month_2',
      'trialDays',
      'displayOrder',
      'stripeProductId',
    ]);
    await expect(dialog(page).getByText('Small letters, digits, - and _ only')).toBeVisible();
    await look(page, 'admin-plan-form-errors');
    await fill(page, {
      code: 'essential',
      price_month_0: '29.50',
      price_year_0: '',
      price_month_1: '500',
      price_currency_2: 'XYZ',
      price_month_2: '9',
      trialDays: '',
      displayOrder: '9',
      stripeProductId: '',
    });
    await save(page);
    await expect(dialog(page).getByText('This is not a currency that can be charged.')).toBeVisible();
    expect(await wrong(page)).toEqual(['price_currency_2']);
    await dialog(page).getByRole('button', { name: 'Remove', exact: true }).last().click();
    await save(page);
    await expect(dialog(page).getByText('This code is already used by another plan.')).toBeVisible();
    await fill(page, { code });
    await save(page);
    await expect(page.getByText(`${name} is created.`)).toBeVisible();
    const row = page.getByRole('row').filter({ hasText: code });
    await expect(row).toContainText('€29.50');
    await expect(row).toContainText('¥500');

    await page.getByRole('link', { name: 'Push to Stripe' }).first().click();
    await expect(page.getByText(`market:${code}`).first()).toBeVisible();
    expect(await stepsOf(page, code)).toHaveLength(3);
    await expectAccessible(page);
    await takeScreenshots(page, 'admin-push-plan');
    await catalogue.push(code);

    await page.goto(PLANS);
    await page.getByRole('button', { name: `Edit ${name}` }).click();
    await expect(field(page, 'price_month_1_id')).toHaveValue(/^price_/);
    await dialog(page).getByRole('button', { name: 'Remove JPY' }).click();
    await fill(page, { price_month_0: '31' });
    await save(page);
    await expect(page.getByText(`${name} is saved.`)).toBeVisible();
    await page.goto(`${PLANS}/push`);
    const steps = (await stepsOf(page, code)).join('\n');
    expect(steps).toContain('Replace price');
    expect(steps).toMatch(/Archive price[\s\S]*¥500/);
    await catalogue.push(code);

    await page.goto(PLANS);
    await row.getByRole('button', { name: `Delete ${name}` }).click();
    await dialog(page).getByRole('button', { name: 'Delete', exact: true }).click();
    await expect(page.getByText(`${name} is deleted.`)).toBeVisible();
    await page.goto(`${PLANS}/push`);
    expect((await stepsOf(page, code)).join('\n')).toContain('Archive product');
    await catalogue.push(code);
    await page.goto('/admin/audit?action=stripe.archive_product');
    await expect(page.getByText(code).first()).toBeVisible();
  });

  test('reads who is affected before the limits of a plan change, and nothing is saved before', async ({
    page,
  }) => {
    await page.goto(PLANS);
    await page.getByRole('button', { name: 'What Business grants' }).click();
    await fill(page, { limit_max_team_members: '-2', limit_max_orders_per_month: 'many' });
    await save(page, 'Save features');
    await expect(field(page, 'limit_max_orders_per_month')).toBeFocused();
    await expect(dialog(page).getByText('Write 0 or more.')).toBeVisible();
    await expect(dialog(page).getByText('Write a whole number.')).toBeVisible();
    expect(await wrong(page)).toEqual(['limit_max_orders_per_month', 'limit_max_team_members']);
    await fill(page, { limit_max_team_members: '0', limit_max_orders_per_month: '2000' });
    await field(page, 'on_api_access').uncheck();
    await save(page, 'Save features');
    await expect(dialog(page).getByText(/This plan counts for \d+ merchants/)).toBeVisible();
    await expect(dialog(page).getByText(/API access: \d+ merchants lose it/)).toBeVisible();
    await expect(dialog(page).getByLabel('Save all the same')).not.toBeChecked();
    await expect(field(page, 'limit_max_team_members')).toHaveValue('0');
    const named = dialog(page).getByRole('link').first();
    await expect(named).toHaveText(/Team members \d+ of 0/);
    await expect(named).toHaveAttribute('href', /^\/admin\/merchants\/mer_/);
    await look(page, 'admin-affected');
    // The word is for what was read: another draft is shown first.
    await dialog(page).getByLabel('Save all the same').check();
    await field(page, 'on_priority_support').uncheck();
    await save(page, 'Save features');
    await expect(dialog(page).getByText(/Priority support: \d+ merchants lose it/)).toBeVisible();
    await expect(dialog(page).getByLabel('Save all the same')).not.toBeChecked();
    await page.reload();
    await page.getByRole('button', { name: 'What Business grants' }).click();
    await expect(field(page, 'on_api_access')).toBeChecked();
    await expect(field(page, 'limit_max_team_members')).toHaveValue('10');
  });

  test('who comes second is told, and overwrites nothing', async ({ page, context }) => {
    const [code, name] = [`both-${mark}`, `Both ${mark}`];
    await makePlan(page, code, name);
    const other = await context.newPage();
    const told = (at: Page | Locator) =>
      expect(at.getByRole('alert').filter({ hasText: 'Somebody else saved this meanwhile.' })).toBeVisible();
    const both = async (path: string, button: RegExp | string) => {
      for (const one of [page, other]) {
        await one.goto(path);
        await one.getByRole('button', { name: button }).click();
      }
    };

    await both(PLANS, `Edit ${name}`);
    await fill(page, { description: 'The first' });
    await fill(other, { description: 'The second', price_month_0: '1' });
    await save(page);
    await expect(page.getByText(`${name} is saved.`)).toBeVisible();
    await save(other);
    await told(dialog(other));
    await expect(field(other, 'description')).toHaveValue('The second');
    await page.reload();
    await page.getByRole('button', { name: `Edit ${name}` }).click();
    await expect(field(page, 'description')).toHaveValue('The first');
    await expect(field(page, 'price_month_0')).toHaveValue('29.50');

    await both(PLANS, `What ${name} grants`);
    await field(page, 'on_max_products').check();
    await fill(page, { limit_max_products: '7' });
    await fill(other, { limit_max_products: '8' });
    await save(page, 'Save features');
    await expect(page.getByText(`The features of ${name} are saved.`)).toBeVisible();
    await save(other, 'Save features');
    await told(dialog(other));

    // From a page that is older than the plan it is neither switched off nor deleted nor replaced.
    await other.keyboard.press('Escape');
    const row = other.getByRole('row').filter({ hasText: code });
    await row.getByRole('button', { name: `Deactivate ${name}` }).click();
    await told(row);
    await row.getByRole('button', { name: `Delete ${name}` }).click();
    await dialog(other).getByRole('button', { name: 'Delete', exact: true }).click();
    await expect(row.getByRole('alert')).toHaveCount(2);
    await row.getByRole('button', { name: `Save as successor ${name}` }).click();
    await fill(other, { code: `${code}-2` });
    await save(other, 'Save as successor');
    await told(dialog(other));
    await other.reload();
    await expect(row).toContainText('Active');
    await row.getByRole('button', { name: `Deactivate ${name}` }).click();
    await expect(row).toContainText('Inactive');
    await other.close();
    await removePlans(page, code);
  });

  test('replaces a plan for new subscribers by a successor, whose form opens', async ({ page }) => {
    const [code, name] = [`old-${mark}`, `Old ${mark}`];
    await makePlan(page, code, name);
    const row = page.getByRole('row').filter({ hasText: name });
    await row.getByRole('button', { name: `Save as successor ${name}` }).click();
    await fill(page, { code: 'with spaces', name: '' });
    await save(page, 'Save as successor');
    await expect(field(page, 'code')).toBeFocused();
    expect(await wrong(page)).toEqual(['code', 'name']);
    await fill(page, { code: `new-${mark}`, name: `New ${mark}` });
    await save(page, 'Save as successor');
    await expect(page.getByRole('dialog', { name: `Edit New ${mark}` })).toBeVisible();
    // Neither of the two can be bought now: said in the form, and on the page until it is pushed.
    await expect(dialog(page).getByRole('link', { name: 'Push to Stripe' })).toBeVisible();
    await expect(field(page, 'price_month_0')).toHaveValue('29.50');
    await fill(page, { price_month_0: '35' });
    await save(page);
    await expect(page.getByText(`New ${mark} is saved.`)).toBeVisible();
    await expect(row.first()).toContainText(`Succeeded by New ${mark}, 0 merchants grandfathered`);
    await expect(row.first()).toContainText('Private');
    await expect(
      page.getByText(new RegExp(`Prices of .*New ${mark}.* are not at Stripe yet`)).first(),
    ).toBeVisible();
    await expect(page.getByRole('row').filter({ hasText: `new-${mark}` })).toContainText('Not at Stripe yet');
    await takeScreenshots(page, 'admin-plans-successor');
    await row.first().getByRole('link', { name: '0 merchants grandfathered' }).click();
    await expect(page).toHaveURL(new RegExp(`tier=${code}&platform=market`));
    await removePlans(page, `new-${mark}`, code);
  });

  test('asks once before a plan that merchants have is switched off, and never switches off the one they start on', async ({
    page,
  }) => {
    await page.goto(PLANS);
    await page.getByRole('button', { name: /^Deactivate Professional/ }).click();
    await expect(dialog(page)).toContainText(
      /Deactivate Professional\? The \d+ merchants who have it keep it/,
    );
    await dialog(page).getByRole('button', { name: 'Leave it active' }).click();
    await expect(page.getByRole('button', { name: /^Deactivate Essential/ })).toHaveAccessibleName(
      /New merchants start on this plan/,
    );
    await page.getByRole('button', { name: 'Edit Essential' }).click();
    await field(page, 'isActive').uncheck();
    await save(page);
    await expect(dialog(page).getByText(/so it stays active/)).toBeVisible();
  });

  for (const kind of ['add-ons', 'credit-packages'] as const) {
    test(`makes, changes, pushes and deletes what is sold under ${kind}`, async ({
      page,
      context,
      catalogue,
    }) => {
      const [code, name] = [`${kind.slice(0, 3)}-${mark}`, `Extra ${kind} ${mark}`];
      const create = kind === 'add-ons' ? 'New add-on' : 'New package';
      const counted = kind === 'add-ons' ? 'adds_max_products' : 'credits';
      await page.goto(`/admin/${kind}`);
      await page.getByRole('button', { name: create }).click();
      await fill(page, { code: 'a b', name, unitAmount: '1.999', currency: 'EUR', [counted]: '-4' });
      await save(page);
      await expect(field(page, 'code')).toBeFocused();
      expect((await wrong(page)).sort()).toEqual([counted, 'code', 'unitAmount'].sort());
      await fill(page, { code, unitAmount: '500.5', currency: 'JPY', [counted]: 'x' });
      await save(page);
      await expect(dialog(page).getByText('This currency has no smaller unit')).toBeVisible();
      await fill(page, { unitAmount: '4.50', currency: 'ABC', [counted]: '40' });
      await save(page);
      await expect(dialog(page).getByText('This is not a currency that can be charged.')).toBeVisible();
      await look(page, `admin-${kind}-form`);
      await fill(page, { currency: 'eur', code: kind === 'add-ons' ? 'email_5' : 'credits_100' });
      await save(page);
      await expect(dialog(page).getByText('This code is already used.')).toBeVisible();
      await fill(page, { code });
      await save(page);
      await expect(page.getByText(`${name} is created.`)).toBeVisible();
      const row = page.getByRole('row').filter({ hasText: code });
      await expect(row).toContainText('€4.50');
      await expect(row).toContainText('Not at Stripe yet');
      await catalogue.push(code);

      // Somebody takes the price off sale at Stripe: said where it is managed, and mended by the next push.
      await page.goto(`/admin/${kind}`);
      await page.getByRole('button', { name: `Edit ${name}` }).click();
      await archivePrice(await field(page, 'stripePriceId').inputValue());
      await expect(async () => {
        await page.goto(`/admin/${kind}`);
        await expect(row.getByRole('link', { name: 'Changed at Stripe' })).toBeVisible({ timeout: 1_000 });
      }).toPass({ timeout: 30_000 });
      await expect(page.getByRole('link', { name: /^Push to Stripe \d+ changed at Stripe/ })).toBeVisible();
      await expectAccessible(page);

      const other = await context.newPage();
      for (const one of [page, other]) {
        await one.goto(`/admin/${kind}`);
        await one.getByRole('button', { name: `Edit ${name}` }).click();
      }
      await fill(page, { unitAmount: '5' });
      await save(page);
      await expect(page.getByText(`${name} is saved.`)).toBeVisible();
      await fill(other, { unitAmount: '6' });
      await save(other);
      await expect(other.getByText('Somebody else saved this meanwhile.')).toBeVisible();
      await other.close();
      await page.goto(`${PLANS}/push`);
      expect((await stepsOf(page, code)).join()).toContain('Replace price');
      await catalogue.push(code);

      await page.goto(`/admin/${kind}`);
      await expect(row).toContainText('€5.00');
      await expect(row).not.toContainText('Changed at Stripe');
      await row.getByRole('button', { name: `Deactivate ${name}` }).click();
      await expect(row).toContainText('Inactive');
      await row.getByRole('button', { name: `Delete ${name}` }).click();
      await dialog(page).getByRole('button', { name: 'Delete', exact: true }).click();
      await expect(page.getByText(`${name} is deleted.`)).toBeVisible();
      await page.goto(`${PLANS}/push`);
      expect((await stepsOf(page, code)).join('\n')).toMatch(/Archive price[\s\S]*Archive product/);
      await catalogue.push(code);
    });
  }

  test('works with the keyboard alone', async ({ page }) => {
    await page.goto(PLANS);
    const edit = page.getByRole('button', { name: 'Edit Enterprise' });
    await edit.focus();
    await page.keyboard.press('Enter');
    await expect(page.getByRole('dialog', { name: 'Edit Enterprise' })).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(edit).toBeFocused();
    await page.getByRole('button', { name: 'What Enterprise grants' }).press('Enter');
    await dialog(page).getByRole('button', { name: 'Select none Platform' }).press('Enter');
    await expect(field(page, 'on_white_label')).not.toBeChecked();
    await field(page, 'on_white_label').press('Space');
    await expect(field(page, 'on_white_label')).toBeChecked();
    await dialog(page).getByRole('button', { name: 'Select all Platform' }).press('Enter');
    await dialog(page).getByRole('button', { name: 'Who is affected?' }).press('Enter');
    await expect(dialog(page).getByRole('alert')).toContainText('nobody would be over');
    // What was not saved goes with the dialog.
    await field(page, 'limit_max_products').fill('3');
    await page.keyboard.press('Escape');
    await expect(dialog(page)).toHaveCount(0);
    await page.keyboard.press('Enter');
    await expect(dialog(page)).toBeVisible();
    await expect(dialog(page).getByRole('alert')).toHaveCount(0);
    await expect(field(page, 'limit_max_products')).toHaveValue('');
    await page.keyboard.press('Escape');

    // A question gives the focus back; what is deleted leaves it to the page's heading.
    const [code, name] = [`key-${mark}`, `Keys ${mark}`];
    await page.getByRole('button', { name: 'New plan' }).press('Enter');
    await fill(page, { code, name, price_month_0: '5' });
    await field(page, 'name').press('Enter');
    await expect(page.getByText(`${name} is created.`)).toBeVisible();
    await expect(page.getByRole('button', { name: 'New plan' })).toBeFocused();
    await page.keyboard.press('Enter');
    await expect(field(page, 'name')).toHaveValue('');
    await page.keyboard.press('Escape');
    const remove = page.getByRole('button', { name: `Delete ${name}` });
    await remove.press('Enter');
    await dialog(page).getByRole('button', { name: 'Keep it' }).press('Enter');
    await expect(remove).toBeFocused();
    await remove.press('Enter');
    await dialog(page).getByRole('button', { name: 'Delete', exact: true }).press('Enter');
    await expect(page.getByText(`${name} is deleted.`)).toBeVisible();
    await expect(page.getByRole('heading', { level: 1 })).toBeFocused();
  });
});

test.describe('support', () => {
  test.use({ person: 'support@tierline.test' });

  test('reads every plan, add-on and package, and can save none', async ({ page }) => {
    for (const [path, button] of [
      [PLANS, 'Details of Essential'],
      [PLANS, 'What Essential grants'],
      ['/admin/add-ons', 'Details of Custom Domain'],
      ['/admin/credit-packages', 'Details of 100 credits'],
    ] as const) {
      await page.goto(path);
      await page.getByRole('button', { name: button }).click();
      await expect(
        dialog(page).getByText('Only an administrator can change this.', { exact: true }),
      ).toBeVisible();
      const send = dialog(page).getByRole('button', { name: /^Save/ });
      await expect(send).toBeDisabled();
      await expect(send).toHaveAccessibleName(/Only an administrator can change this/);
      await expectAccessible(page);
    }
    await page.goto(`${PLANS}/push`);
    await expect(page.locator('h1')).toBeVisible();
  });
});
