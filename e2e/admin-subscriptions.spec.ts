import type { Page } from '@playwright/test';
import { expect, expectAccessible, takeScreenshots, test } from './fixtures';

/** Merchants that no other file touches: one that Stripe bills, one whose trial is over. */
const PAYING = 'Opal Outdoor';
const LOCAL = 'Lotus Lights';

const search = (name: string, more = '') =>
  `/admin/subscriptions?search=${encodeURIComponent(name)}&platform=market${more}`;

async function openEdit(page: Page, name: string, title = `Edit ${name}`) {
  await page.getByRole('link', { name: title }).focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: title });
  await expect(dialog).toBeVisible();
  return dialog;
}

test.describe('an admin', () => {
  test.describe.configure({ mode: 'serial' });
  test.use({ person: 'admin@tierline.test' });

  test('edits the exceptions of a subscription from the list, by keyboard, and is told of errors at their row', async ({
    page,
    context,
  }) => {
    await page.goto(search(PAYING));
    const dialog = await openEdit(page, PAYING);
    await expect(page).toHaveURL(/[?&]edit=/);
    await expect(dialog.getByText('Stripe runs this subscription')).toBeVisible();
    const team = dialog.getByRole('group', { name: 'Team members' });
    await expect(team.getByLabel('Team members')).toHaveAttribute('placeholder', 'Tier default: 3');
    await expect(team.getByLabel('Reason')).toBeHidden();
    await expectAccessible(page);

    await team.getByLabel('Team members').fill('7');
    await dialog.getByRole('group', { name: 'White label' }).getByLabel('White label').selectOption('On');
    await dialog.getByRole('button', { name: 'Save exceptions' }).press('Enter');
    await expect(team.getByLabel('Reason')).toBeFocused();
    await expect(team.getByLabel('Reason')).toHaveAttribute('aria-invalid', 'true');
    await team.getByLabel('Reason').fill('Family business');
    await dialog.getByRole('group', { name: 'White label' }).getByLabel('Reason').fill('Pilot');
    await dialog.getByRole('group', { name: 'White label' }).getByLabel('Until').fill('2020-01-01');
    await dialog.getByRole('button', { name: 'Save exceptions' }).press('Enter');
    await expect(dialog.getByText('This day has passed.')).toBeVisible();
    await dialog.getByRole('group', { name: 'White label' }).getByLabel('Until').fill('');
    await takeScreenshots(page, 'admin-edit-subscription');

    // Another admin has the same dialog open.
    const other = await context.newPage();
    await other.goto(page.url());
    const theirs = other.getByRole('dialog', { name: `Edit ${PAYING}` });
    await theirs.getByRole('group', { name: 'Team members' }).getByLabel('Team members').fill('9');
    await theirs.getByRole('group', { name: 'Team members' }).getByLabel('Reason').fill('Other idea');

    await dialog.getByRole('button', { name: 'Save exceptions' }).press('Enter');
    await expect(page.getByText('2 exceptions are saved.')).toBeVisible();
    await expect(dialog).toBeHidden();
    await expect(page).not.toHaveURL(/[?&]edit=/);

    await theirs.getByRole('button', { name: 'Save exceptions' }).click();
    await expect(theirs.getByText('Somebody else saved this meanwhile.')).toBeVisible();
    await other.close();

    const again = await openEdit(page, PAYING);
    await expect(again.getByLabel('Team members')).toHaveValue('7');
    await expect(
      again.getByLabel('Reason').and(again.locator('[name="reason.max_team_members"]')),
    ).toHaveAccessibleDescription(/^Empty the limit to end the exception/);
    await again.getByLabel('Team members').fill('');
    await again.getByRole('group', { name: 'White label' }).getByLabel('White label').selectOption('');
    await again.getByRole('button', { name: 'Save exceptions' }).press('Enter');
    await expect(again.getByText('Write why the exception ends.')).toHaveCount(2);
    for (const name of ['Team members', 'White label']) {
      await again.getByRole('group', { name }).getByLabel('Reason').fill('It was a trial');
    }
    await again.getByRole('button', { name: 'Save exceptions' }).press('Enter');
    await expect(page.getByText('2 exceptions are ended.')).toBeVisible();

    // One that starts later shows its value, and that it does not count yet.
    const later = new Date(Date.now() + 40 * 86_400_000).toISOString();
    const one = { feature_code: 'max_team_members', limit_value: 9, starts_at: later, reason: 'Next season' };
    const answer = await page.request.put(
      '/api/v1/admin/subscriptions/features/merchants/mer_opal_outdoor/overrides?platform=market',
      { data: [one] },
    );
    expect(answer.status()).toBe(200);
    await page.goto(search(PAYING));
    const third = await openEdit(page, PAYING);
    await expect(third.getByLabel('Team members')).toHaveValue('9');
    await expect(third.getByText(/^From .*: it does not count yet\.$/)).toBeVisible();
    await expectAccessible(page);
    await takeScreenshots(page, 'admin-edit-exception-later');
    await page.request.delete(
      '/api/v1/admin/subscriptions/features/merchants/mer_opal_outdoor/overrides/max_team_members?platform=market',
    );
    await page.keyboard.press('Escape');
    await page.getByRole('link', { name: PAYING, exact: true }).click();
    await expect(page.getByText('3 earlier exceptions')).toBeVisible();
  });

  test('gives a plan until a date where Stripe has none, and finds who is over a limit', async ({ page }) => {
    await page.goto(search(LOCAL));
    const until = new Date(Date.now() + 50 * 86_400_000);
    const dialog = await openEdit(page, LOCAL);
    await dialog.getByLabel('Plan').selectOption('Business');
    await dialog.getByLabel('Status').selectOption('Active, given for nothing');
    await dialog.getByLabel('Until').first().fill('2020-01-01');
    await dialog.getByRole('button', { name: 'Save plan and status' }).click();
    await expect(dialog.locator('[name=reason]')).toHaveAttribute('aria-invalid', 'true');
    await dialog.locator('[name=reason]').fill('Partner of the year');
    await dialog.getByRole('button', { name: 'Save plan and status' }).click();
    await expect(dialog.getByText('Choose a day that lies ahead.')).toBeVisible();
    await expectAccessible(page);
    await takeScreenshots(page, 'admin-edit-given');
    await dialog.getByLabel('Until').first().fill(until.toISOString().slice(0, 10));
    await dialog.getByRole('button', { name: 'Save plan and status' }).click();
    await expect(page.getByText('Business is saved.')).toBeVisible();
    await page.goto(search(LOCAL, '&state=over_limit'));
    await expect(page.getByText('No subscription matches')).toBeVisible();
    const none = [{ feature_code: 'max_products', limit_value: 0, reason: 'Stops selling' }];
    const exception = '/api/v1/admin/subscriptions/features/merchants/mer_lotus_lights/overrides';
    const answer = await page.request.put(`${exception}?platform=market`, { data: none });
    expect(answer.status()).toBe(200);
    await page.reload();
    await expect(page.getByText('Over: Products')).toBeVisible();
    await page.request.delete(`${exception}/max_products?platform=market`);
    await page.reload();
    await expect(page.getByText('No subscription matches')).toBeVisible();
    await page.goto(search(LOCAL));
    await page.getByRole('link', { name: LOCAL, exact: true }).click();
    await expect(page.getByText(/^Business, given for nothing until /)).toBeVisible();
  });

  test('changes what was given: it stays free, its end stays, and why is asked', async ({ page }) => {
    await page.goto('/admin/merchants/mer_lotus_lights');
    await page.getByRole('button', { name: 'Change plan' }).click();
    await page.getByRole('dialog').getByLabel('Plan').selectOption('Enterprise');
    await page.getByRole('button', { name: 'Preview' }).click();
    await page.getByRole('button', { name: 'Change to Enterprise' }).click();
    await expect(page.getByLabel('Reason')).toHaveAttribute('aria-invalid', 'true');
    await page.getByLabel('Reason').fill('Jury prize');
    await page.getByRole('button', { name: 'Change to Enterprise' }).click();
    await expect(page.getByText(/^Enterprise, given for nothing until /)).toBeVisible({ timeout: 20_000 });
  });

  test('moves a paying merchant to a plan made to measure at the price agreed on', async ({ page }) => {
    await page.goto(search(PAYING));
    const dialog = await openEdit(page, PAYING);
    await dialog.getByLabel('Plan').selectOption('Enterprise');
    await dialog.getByRole('button', { name: 'Preview' }).click();
    await expect(page.getByText('Fill in what you agreed on.')).toBeVisible();
    await expect(page.getByLabel('Plan')).toHaveValue('enterprise');
    await expectAccessible(page);
    await takeScreenshots(page, 'admin-change-price-missing');
    await page.getByLabel(/^Agreed price/).fill('750');
    await page.getByRole('button', { name: 'Preview' }).click();
    await expect(page.getByText(/^Opal Outdoor pays €.* now, then €.* each month from/)).toBeVisible();
    await expectAccessible(page);
    await takeScreenshots(page, 'admin-change-agreed');
    await page.getByRole('button', { name: 'Change to Enterprise' }).click();
    await expect(page.getByText(/^Enterprise, renews on .* for €750\.00\.$/)).toBeVisible({
      timeout: 20_000,
    });
    await page.getByRole('button', { name: 'Change plan' }).click();
    await expect(page.getByText('Agreed now: €750.00 a month.')).toBeVisible();
  });
});

test.describe('support', () => {
  test.use({ person: 'support@tierline.test' });

  test('reads the same dialog, and nothing in it can be changed', async ({ page }) => {
    await page.goto(search('Grand Galleries'));
    await expect(page.getByText('You are here as support')).toBeVisible();
    const dialog = await openEdit(page, 'Grand Galleries', 'Details of Grand Galleries');
    await expect(dialog.getByText('Only an administrator can change this.', { exact: true })).toBeVisible();
    const save = dialog.getByRole('button', { name: /^Save exceptions/ });
    await expect(save).toHaveAccessibleName(/Only an administrator can change this/);
    await expect(dialog.getByLabel('Team members')).toBeDisabled();
    await expect(dialog.getByRole('button', { name: /^Preview/ })).toHaveAttribute('aria-disabled', 'true');
    await expectAccessible(page);
    await page.keyboard.press('Escape');
    await expect(dialog).toBeHidden();
    await expect(page.getByRole('link', { name: 'Details of Grand Galleries' })).toBeFocused();
  });
});

test.describe('without JavaScript', () => {
  test.use({ person: 'admin@tierline.test', javaScriptEnabled: false });

  test('the dialog is read on the page', async ({ page }) => {
    await page.goto(search('Grand Galleries'));
    await page.getByRole('link', { name: 'Edit Grand Galleries' }).click();
    await expect(page.getByRole('dialog', { name: 'Edit Grand Galleries' })).toBeVisible();
    await expect(page.getByText('Stripe runs this subscription')).toBeVisible();
  });
});
