import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { directUrl, readEnv, readSecretFiles } from './env';

const well = {
  DATABASE_URL: 'postgres://u:p@one/db',
  APP_URL: 'https://shop.example/',
  AUTH_SECRET: 'x'.repeat(32),
};

describe('what is wrong with the environment is named at the start', () => {
  test.each([
    [{ AUTH_SECRET: 'x'.repeat(31) }, /AUTH_SECRET: must be at least 32/],
    [{ APP_URL: 'localhost:3000' }, /APP_URL: must be an address that begins with http/],
    [{ APP_URL: 'ftp://shop.example' }, /APP_URL: must be an address that begins with http/],
    [{ DATABASE_URL: 'mysql://one/db' }, /DATABASE_URL: must be a postgres:\/\/ address/],
    [{ DATABASE_URL: 'postgres://one,two/db' }, /DATABASE_URL: names several hosts/],
    [{ DATABASE_DIRECT_URL: 'one' }, /DATABASE_DIRECT_URL: must be/],
    [{ MIGRATE: 'no' }, /MIGRATE/],
    [{ SHUTDOWN_DELAY: '-1' }, /SHUTDOWN_DELAY/],
  ])('%j', (wrong, words) => {
    expect(() => readEnv({ ...well, ...wrong })).toThrow(words);
  });
});

test('what is left out has its default; the direct address is the other one unless it is given', () => {
  const read = readEnv(well);
  expect(read).toMatchObject({
    APP_URL: 'https://shop.example',
    DATABASE_PREPARE: true,
    MIGRATE: '1',
    SHUTDOWN_DELAY: 5,
    KEEP_ALIVE_TIMEOUT: 75_000,
  });
  expect(directUrl(read)).toBe(well.DATABASE_URL);
  expect(directUrl(readEnv({ ...well, DATABASE_DIRECT_URL: 'postgres://two/db' }))).toBe('postgres://two/db');
});

test('secrets are read from files; one that is given twice or cannot be read is named', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tierline-secrets-'));
  const path = join(folder, 'auth');
  writeFileSync(path, `${'s'.repeat(40)}\n`);
  expect(readSecretFiles({ PORT: '1', AUTH_SECRET_FILE: path })).toEqual({
    PORT: '1',
    AUTH_SECRET: 's'.repeat(40),
  });
  expect(() => readSecretFiles({ AUTH_SECRET: 'x', AUTH_SECRET_FILE: path })).toThrow('both set');
  expect(() => readSecretFiles({ SMTP_URL_FILE: join(folder, 'none') })).toThrow(
    'SMTP_URL_FILE cannot be read',
  );
  rmSync(folder, { recursive: true });
});
