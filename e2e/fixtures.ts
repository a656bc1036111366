import { existsSync, mkdirSync, renameSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { type Browser, test as base, expect, type Page } from '@playwright/test';

export { expect };

/** The named people of the demo, as far as their address goes before `@`. */
export type Person = `${'admin' | 'support'}@tierline.test` | `${'owner' | 'member'}@${string}.test`;

interface Options {
  /** Who is signed in: `test.use({ person: 'owner@acme.test' })`. Default: nobody. */
  person: Person | null;
  /** Console errors that belong to the test; any other fails it. A page that answers 404 logs one. */
  expectedErrors: RegExp[];
}

/** Asked for by a test that pushes: it has the catalogue for itself until it ends. */
export type Catalogue = {
  /** Pushes as a person does, until nothing of that code is left to push. */
  push(code: string): Promise<void>;
};

/**
 * Playwright's `test` on the demo: signed in as `person`, sign-in done once per person and run; a test fails on any
 * console error or uncaught exception of its `page` that it does not expect.
 */
export const test = base.extend<Options & { catalogue: Catalogue }>({
  person: [null, { option: true }],
  expectedErrors: [[], { option: true }],
  storageState: async ({ browser, person, baseURL }, use) =>
    use(person && baseURL ? await signedInState(browser, person, baseURL) : undefined),
  // One push takes along what everybody changed: whoever looks at its plan must be the only one who pushes.
  catalogue: [
    async ({ page }, use) => {
      const lock = join(tmpdir(), `tierline-catalogue-${process.ppid}`);
      while (!takes(lock)) await new Promise((resolve) => setTimeout(resolve, 200));
      await use({ push: (code) => pushToStripe(page, code) });
      rmdirSync(lock);
    },
    { timeout: 240_000 },
  ],
  page: async ({ page, expectedErrors }, use) => {
    const errors: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(`${message.text()} (${message.location().url})`);
    });
    page.on('pageerror', (error) => errors.push(error.stack ?? error.message));
    await use(page);
    const unexpected = errors.filter((error) => !expectedErrors.some((expected) => expected.test(error)));
    expect(unexpected, 'console errors').toEqual([]);
  },
});

function takes(lock: string): boolean {
  try {
    mkdirSync(lock);
    return true;
  } catch {
    return false;
  }
}

/** Somebody may save a plan meanwhile: then the page says that its list is old, and one looks again. */
async function pushToStripe(page: Page, code: string): Promise<void> {
  await expect(async () => {
    await page.goto('/admin/subscription-tiers/push');
    const mine = page.getByText(`market:${code}`, { exact: true });
    if ((await mine.count()) === 0) return;
    await page.getByRole('button', { name: 'Push now' }).click();
    await expect(mine).toHaveCount(0, { timeout: 5_000 });
  }).toPass({ timeout: 30_000 });
}

/** Signs in through the form and waits until the app has let the person in. */
export async function signIn(page: Page, email: string, password = 'demo-password'): Promise<void> {
  await page.goto('/sign-in');
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.waitForURL((url) => !url.pathname.startsWith('/sign-in'));
}

async function signedInState(browser: Browser, person: Person, baseURL: string): Promise<string> {
  const folder = process.env.E2E_STATE_DIR ?? join(tmpdir(), `tierline-signed-in-${process.ppid}`);
  const path = join(folder, `${person}.json`);
  if (existsSync(path)) return path;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const context = await browser.newContext({ baseURL, storageState: undefined });
  await signIn(await context.newPage(), person);
  // Another worker may be at the same: a reader must never meet half a file.
  const draft = `${path}.${process.pid}`;
  await context.storageState({ path: draft });
  await context.close();
  renameSync(draft, path);
  return path;
}

/** Fails with rule, help and elements when axe finds anything on the page as it is now. */
export async function expectAccessible(page: Page): Promise<void> {
  // A colour on its way from one theme to the other is neither's.
  await page.evaluate(() =>
    Promise.allSettled(
      document.getAnimations().flatMap((one) => (one instanceof CSSTransition ? [one.finished] : [])),
    ),
  );
  const { violations } = await new AxeBuilder({ page }).analyze();
  const findings = violations.map(({ id, help, nodes }) => ({
    id,
    help,
    elements: nodes.map((node) => `${node.target.join(' ')}: ${node.failureSummary ?? ''}`),
  }));
  expect(findings, 'axe').toEqual([]);
}

/**
 * Pictures of the page for people to look at, whole length: `test-results/screenshots/NAME-{wide,narrow,dark}.png`.
 * None in CI, where nobody looks. At 360 pixels nothing may stick out sideways.
 */
export async function takeScreenshots(page: Page, name: string): Promise<void> {
  const size = page.viewportSize() ?? { width: 1440, height: 900 };
  const take = async (kind: string) => {
    if (process.env.CI) return;
    const path = `test-results/screenshots/${name}-${kind}.png`;
    await page.screenshot({ path, fullPage: true, animations: 'disabled' });
  };
  await page.setViewportSize({ width: 1440, height: 900 });
  await take('wide');
  await page.emulateMedia({ colorScheme: 'dark' });
  await take('dark');
  await page.emulateMedia({ colorScheme: null });
  await page.setViewportSize({ width: 360, height: 740 });
  await take('narrow');
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  await page.setViewportSize(size);
  expect(overflow, 'pixels that stick out at 360 wide').toBeLessThanOrEqual(0);
}

/** A command to local Stripe's control interface: `controlStripe('advance', { days: 31 })`; no body means GET. */
export async function controlStripe<T = unknown>(path: string, body?: unknown): Promise<T> {
  const response = await fetch(`${process.env.E2E_STRIPE_URL}/_local/${path}`, {
    ...(body !== undefined && {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
  });
  if (!response.ok) throw new Error(`local Stripe answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as T;
}
