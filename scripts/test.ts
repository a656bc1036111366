import { spawn } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { readJson } from './data-dir';

interface Count {
  passed: number;
  failed: number;
}

type Part = (filters: string[]) => Promise<Count>;

const RESULTS = 'test-results';
const UNIT_REPORT = `${RESULTS}/unit.json`;
const E2E_REPORT = `${RESULTS}/e2e.json`;

const parts: Record<string, Part> = { types: checkTypes, lint: checkLint, unit: runUnit, e2e: runEndToEnd };

/** One test: every file type-checks. */
async function checkTypes(): Promise<Count> {
  const generated = await run('next/dist/bin/next', ['typegen']);
  return generated === 0 ? countOne(await run('typescript/bin/tsc', ['--noEmit'])) : countOne(generated);
}

/** One test: biome finds nothing. */
async function checkLint(): Promise<Count> {
  return countOne(await run('@biomejs/biome/bin/biome', ['check', '.']));
}

async function runUnit(filters: string[]): Promise<Count> {
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${UNIT_REPORT}`];
  const code = await run('vitest/vitest.mjs', ['run', ...reporters, ...filters]);
  type Report = {
    numPassedTests: number;
    numFailedTests: number;
    testResults: { status: string; assertionResults: unknown[] }[];
  };
  const report = readJson<Report>(UNIT_REPORT);
  // A file that does not even load holds no failed test.
  const unloaded = report?.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.length,
  );
  const failed = (report?.numFailedTests ?? 0) + (unloaded?.length ?? 0);
  return settle(code, { passed: report?.numPassedTests ?? 0, failed });
}

async function runEndToEnd(filters: string[]): Promise<Count> {
  const flags = ['--config', 'e2e/playwright.config.ts', '--reporter=list,json'];
  const code = await run('@playwright/test/cli.js', ['test', ...flags, ...filters], {
    PLAYWRIGHT_JSON_OUTPUT_FILE: resolve(E2E_REPORT),
  });
  type Report = { stats: { expected: number; unexpected: number; flaky: number } };
  const { stats } = readJson<Report>(E2E_REPORT) ?? {};
  return settle(code, {
    passed: stats?.expected ?? 0,
    failed: (stats?.unexpected ?? 0) + (stats?.flaky ?? 0),
  });
}

/** A runner that fails without naming a test (a setup, an unhandled error, no tests at all) is a failure too. */
function settle(code: number, count: Count): Count {
  return code !== 0 && count.failed === 0 ? { ...count, failed: 1 } : count;
}

function countOne(code: number): Count {
  return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

/** Runs a program out of node_modules on this terminal. It gets Ctrl-C itself, and ends in its own good order. */
function run(program: string, args: string[], env: Record<string, string> = {}): Promise<number> {
  const child = spawn(process.execPath, [`node_modules/${program}`, ...args], {
    env: { ...process.env, ...env },
    stdio: 'inherit',
  });
  const pass = () => child.kill('SIGTERM');
  process.on('SIGTERM', pass);
  return new Promise<number>((done) => {
    child.once('error', () => done(1));
    child.once('exit', (code) => done(code ?? 1));
  }).finally(() => process.off('SIGTERM', pass));
}

const { values: flags, positionals: filters } = parseArgs({
  options: { only: { type: 'string', multiple: true } },
  allowPositionals: true,
});
const wanted = flags.only ?? Object.keys(parts);
const unknown = wanted.filter((name) => !parts[name]);
if (unknown.length > 0) {
  process.stderr.write(`No part named ${unknown.join(', ')}; there are ${Object.keys(parts).join(', ')}.\n`);
  process.exit(2);
}

let interrupted = false;
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.on(name, () => {
    interrupted = true;
  });
}

rmSync(RESULTS, { recursive: true, force: true });
mkdirSync(RESULTS, { recursive: true });
const total: Count = { passed: 0, failed: 0 };
for (const name of wanted) {
  if (interrupted) break;
  const startedAt = Date.now();
  process.stdout.write(`\n== ${name}\n`);
  const count = (await parts[name]?.(filters)) ?? { passed: 0, failed: 1 };
  total.passed += count.passed;
  total.failed += count.failed;
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
  process.stdout.write(`== ${name}: ${count.passed} passed, ${count.failed} failed in ${seconds} s\n`);
}
process.exitCode = interrupted || total.failed > 0 || total.passed === 0 ? 1 : 0;
process.stdout.write(`\n${total.passed} passed, ${total.failed} failed\n`);
