import { describe, expect, test } from 'vitest';
import { examineFolder, examineSchema } from '@/scripts/migration-drift';
import type { MigrationFile } from './migration-files';
import { readMigrations } from './migration-files';
import { BUILD, isOlder } from './migration-journal';
import { examineMigrations } from './migration-rules';

test('the migrations of this build hold to their rules', () => {
  expect(examineMigrations(readMigrations())).toEqual([]);
});

test('the schema says nothing that no migration makes, and every file is in the journal', async () => {
  const files = readMigrations();
  expect([...examineFolder(files), ...(await examineSchema(files))]).toEqual([]);
});

describe('db:check tells a migration that would hold people up, with what to write instead', () => {
  const told: [string, RegExp][] = [
    ['CREATE INDEX "x" ON "audit_log" USING btree ("at")', /CONCURRENTLY/],
    ['CREATE UNIQUE INDEX "x" ON "orders" ("id")', /CONCURRENTLY/],
    [
      'ALTER TABLE "invoices" ADD CONSTRAINT "f" FOREIGN KEY ("a") REFERENCES "public"."b"("id")',
      /NOT VALID/,
    ],
    ['ALTER TABLE "invoices" ADD CONSTRAINT "c" CHECK ("a" > 0)', /NOT VALID/],
    ['ALTER TABLE "invoices" ADD CONSTRAINT "u" UNIQUE("a")', /USING INDEX/],
    ['ALTER TABLE "invoices" ALTER COLUMN "a" SET DATA TYPE bigint', /rewrites/],
    ['ALTER TABLE "invoices" ALTER COLUMN "a" SET NOT NULL', /IS NOT NULL/],
    ['ALTER TABLE "invoices" ADD COLUMN "a" uuid DEFAULT gen_random_uuid()', /rewrite/],
    ['ALTER TABLE "invoices" DROP COLUMN "a"', /contract/],
    ['DROP TABLE "seeds"', /contract/],
    ['REINDEX INDEX CONCURRENTLY "x"', /only CREATE INDEX/],
  ];
  test.each(told)('%s', (statement, words) => {
    expect(examineMigrations(withLast({ atOnce: [statement] })).join()).toMatch(words);
  });

  test('rows changed where a table is altered', () => {
    const atOnce = ['ALTER TABLE "orders" ADD COLUMN "a" int', 'UPDATE "orders" SET "a" = 1'];
    expect(examineMigrations(withLast({ atOnce })).join()).toMatch(/two migrations/);
  });

  test('and lets pass what waits for nobody', () => {
    const fine = [
      'CREATE TABLE "new" ("id" text)',
      'CREATE INDEX "n" ON "new" ("id")',
      'ALTER TABLE "new" ADD CONSTRAINT "f" FOREIGN KEY ("a") REFERENCES "public"."b"("id")',
      'ALTER TABLE "invoices" ADD COLUMN "a" int DEFAULT 0 NOT NULL',
      'ALTER TABLE "invoices" ADD CONSTRAINT "c" CHECK ("a" > 0) NOT VALID',
      'CREATE INDEX "t" ON "tiers" ("code")',
    ];
    const concurrent = ['CREATE INDEX CONCURRENTLY "x" ON "audit_log" ("at")'];
    expect(examineMigrations(withLast({ atOnce: fine, concurrent }))).toEqual([]);
  });
});

test('what each must say: what it locks, how it was tried, and nothing that bars this build', () => {
  expect(examineMigrations(withLast({ locks: null, tried: null, contract: '99.0.0' }))).toHaveLength(3);
  expect(examineMigrations(withLast({ contract: BUILD }))).toEqual([]);
  expect(examineMigrations(withLast({ at: 1 })).join()).toMatch(/its moment/);
});

test('versions are compared by their numbers', () => {
  expect([isOlder('0.9.0', '0.10.0'), isOlder('1.0.0', '0.10.0'), isOlder('1.0.0', '1.0.0')]).toEqual([
    true,
    false,
    false,
  ]);
});

/** Those from before the rules, and one more like this. */
function withLast(last: Partial<MigrationFile>): MigrationFile[] {
  const make = (position: number): MigrationFile => ({
    name: `${String(position).padStart(4, '0')}_made`,
    at: 1_000 + position,
    hash: '',
    atOnce: [],
    concurrent: [],
    contract: null,
    locks: 'nothing',
    tried: 'on nothing',
  });
  return [...Array.from({ length: 14 }, (_, position) => make(position)), { ...make(14), ...last }];
}
