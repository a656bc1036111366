import { execFileSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium } from '@playwright/test';
import sparticuz from '@sparticuz/chromium';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];
const ELSEWHERE = [
  '/usr/bin',
  '/usr/local/bin',
  '/snap/bin',
  '/opt/google/chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

/**
 * The Chromium that tests run in: `CHROMIUM_PATH`, Playwright's own, the system's, one installed by apt-get where we
 * are root, else the one that comes as an npm package. The answer is kept in `CHROMIUM_PATH` for child processes.
 * @throws with what to install when none of them starts
 */
export async function findBrowser(): Promise<string> {
  const given = process.env.CHROMIUM_PATH;
  if (given) {
    if (!starts(given)) throw new Error(`CHROMIUM_PATH=${given} does not start`);
    return given;
  }
  const found = findInstalled() ?? installBySystem() ?? (await unpackPackaged());
  if (!found) {
    throw new Error(
      'No Chromium starts here. Install one (Debian, Ubuntu: apt-get install chromium; elsewhere Google Chrome, or ' +
        'npx playwright install --with-deps chromium), or set CHROMIUM_PATH to it.',
    );
  }
  process.env.CHROMIUM_PATH = found;
  return found;
}

function findInstalled(): string | null {
  const folders = [...(process.env.PATH ?? '').split(delimiter).filter(Boolean), ...ELSEWHERE];
  const candidates = folders.flatMap((folder) => [folder, ...NAMES.map((name) => join(folder, name))]);
  return [chromium.executablePath(), ...candidates].find(starts) ?? null;
}

/** Whether it is there with all its libraries: a missing one shows only when it runs. */
function starts(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    // A folder passes the check above, and fails here.
    execFileSync(path, ['--version'], { stdio: 'ignore', timeout: 20_000 });
    return true;
  } catch {
    return false;
  }
}

function installBySystem(): string | null {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return null;
  const install = ['install', '-y', '--no-install-recommends', 'chromium'];
  // A fresh container has no package lists yet.
  for (const steps of [[install], [['update'], install]]) {
    try {
      for (const args of steps) aptGet(args);
      return findInstalled();
    } catch {
      // The next way, or the packaged browser.
    }
  }
  return null;
}

function aptGet(args: string[]): void {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  execFileSync('apt-get', args, { env, stdio: ['ignore', 'ignore', 'pipe'], timeout: 300_000 });
}

async function unpackPackaged(): Promise<string | null> {
  try {
    const path = await sparticuz.executablePath();
    return starts(path) ? path : null;
  } catch {
    return null;
  }
}
