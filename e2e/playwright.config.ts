import { defineConfig } from '@playwright/test';
import { findBrowser } from '../scripts/browser';

export default defineConfig({
  testDir: '.',
  outputDir: '../test-results/e2e',
  globalSetup: './global-setup.ts',
  // The demo data is shared: a file owns the people that it changes, files run side by side, their tests in order.
  workers: 2,
  fullyParallel: false,
  forbidOnly: Boolean(process.env.CI),
  retries: 0,
  timeout: 45_000,
  expect: { timeout: 10_000 },
  reporter: 'list',
  use: {
    // Set by the global setup; the workers, where it counts, read this file after it.
    baseURL: process.env.E2E_BASE_URL,
    headless: true,
    viewport: { width: 1440, height: 900 },
    locale: 'en-GB',
    timezoneId: 'Europe/Luxembourg',
    // Steps and snapshots only: filming every test as well makes the whole a quarter slower.
    trace: { mode: 'retain-on-failure', screenshots: false, sources: false },
    screenshot: 'only-on-failure',
    launchOptions: { executablePath: await findBrowser() },
  },
});
