import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Db } from '@/db/client';
import { MARKET, makeCatalogue } from '@/db/make';
import { testDatabase } from '@/db/testing';
import type { Account } from '@/lib/billing/accounts';
import { LimitReached } from '@/lib/billing/errors';
import { countUse, type LiveCount, limit } from '@/lib/billing/features';
import { saveTierLimits, tierLimitInput } from '@/lib/billing/plans/tier-limits';
import { features } from '@/lib/features';
import { makeAccount } from '@/testing/accounts';
import { getEntitlements } from './entitlement-facts';
import { explainFeature } from './explain';
import { consume, release } from './limits';
import { reconcileUsage } from './usage';

/*
 * docs/plug-in-a-module.md, compiled and run: a media module that is limited by storage. The first part would be
 * lib/media/features.ts, the second lib/media/files.ts.
 */

const countStorage: LiveCount = async (db, accounts) =>
  countUse(
    db,
    sql`
      select f.merchant_id, f.platform_id, f.store_id, sum(f.size_mb)::int as units
      from unnest(${sql.param(accounts.map((a) => a.merchantId))}::text[],
                  ${sql.param(accounts.map((a) => a.platformId))}::text[]) as a (merchant_id, platform_id)
      join media_files f on f.merchant_id = a.merchant_id and f.platform_id = a.platform_id
      group by f.merchant_id, f.platform_id, f.store_id`,
  );

const storageLimit = limit('max_storage_mb', {
  name: 'Media storage',
  category: 'media',
  unit: 'MB',
  count: countStorage,
});

type Store = Account & { storeId: string };

async function saveFile(db: Db, store: Store, file: { id: string; sizeMb: number }, now: Date) {
  await db.transaction(async (tx) => {
    await consume(tx, store, storageLimit, file.sizeMb, { storeId: store.storeId, now });
    await tx.execute(sql`insert into media_files
      values (${file.id}, ${store.merchantId}, ${store.platformId}, ${store.storeId}, ${file.sizeMb}::int)`);
  });
}

async function deleteFile(db: Db, store: Store, file: { id: string; sizeMb: number }, now: Date) {
  await db.transaction(async (tx) => {
    await release(tx, store, storageLimit, file.sizeMb, { storeId: store.storeId, now });
    await tx.execute(sql`delete from media_files where id = ${file.id}`);
  });
}

/** lib/features.ts with its one line more. */
const withMedia = [...features, storageLimit];

const now = new Date('2026-11-21T12:00:00Z');
let database: Awaited<ReturnType<typeof testDatabase>>;
beforeAll(async () => {
  database = await testDatabase();
  await makeCatalogue(database.db);
  await database.db.execute(sql`create table media_files (
    id text primary key, merchant_id text, platform_id text, store_id text, size_mb int not null)`);
});
afterAll(() => database.close());

test('a module that is plugged in is limited, shown, explained and reconciled without a change to the core', async () => {
  const { db } = database;
  const store = await makeAccount(db, 'photos', { stores: ['PHOTOS'] });
  const actor = { kind: 'user' as const, id: 'usr_admin' };
  const rows = [tierLimitInput.parse({ featureCode: 'max_storage_mb', limitValue: 1000 })];
  await saveTierLimits(db, { platformId: MARKET, code: 'essential' }, rows, withMedia, { actor, now });

  await saveFile(db, store, { id: 'a', sizeMb: 600 }, now);
  const refusal = await saveFile(db, store, { id: 'b', sizeMb: 500 }, now).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(LimitReached);

  const { features: shown } = await getEntitlements(db, store, withMedia, now);
  expect(shown.find((one) => one.code === 'max_storage_mb')).toMatchObject({
    name: 'Media storage',
    limit: 1000,
    current: 600,
    remaining: 400,
    percentUsed: 60,
    scope: 'tier',
  });
  expect((await explainFeature(db, store, storageLimit, now)).steps.map((step) => step.kind)).toEqual([
    'status',
    'tier',
    'usage',
    'verdict',
  ]);

  await db.execute(sql`insert into media_files
    values ('c', ${store.merchantId}, ${store.platformId}, ${store.storeId}, 50)`);
  expect(await reconcileUsage(db, withMedia, now)).toMatchObject({ drifts: 1 });
  await deleteFile(db, store, { id: 'a', sizeMb: 600 }, now);
  expect(await reconcileUsage(db, withMedia, now)).toMatchObject({ drifts: 0 });
});
