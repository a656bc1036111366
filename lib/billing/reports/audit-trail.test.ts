import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MARKET, makeCatalogue, makeMerchant } from '@/db/make';
import { auditLog, users, webhookEvents } from '@/db/schema';
import { testDatabase } from '@/db/testing';
import { listEvents } from '@/lib/billing/inbox/console';
import { createApiKey } from '@/lib/tenancy/api-keys';
import { findActors, findMerchantIds, listAudit } from './audit-trail';

let database: Awaited<ReturnType<typeof testDatabase>>;
const at = new Date('2027-03-01T12:00:00Z');
beforeAll(async () => {
  database = await testDatabase();
  const { db } = database;
  await makeCatalogue(db);
  for (const [key, name] of [
    ['north', 'North 100% Wool'],
    ['south', 'South Wool'],
  ] as const) {
    const owner = { email: `owner@${key}.test`, name: `Owner of ${key}` };
    await makeMerchant(db, { key, name, stores: [{ code: `${key}1`.toUpperCase(), name }], owner, at });
  }
  await db
    .insert(users)
    .values({ id: 'usr_ada', email: 'Ada@tierline.test', name: 'Ada Admin', staffRole: 'admin' });
  // Seven of one moment: only the id tells them apart.
  await db.insert(auditLog).values(
    Array.from({ length: 7 }, (_, i) => ({
      id: `aud_${i}`,
      actorKind: 'user' as const,
      actorId: i < 5 ? 'usr_ada' : 'usr_north',
      action: i % 2 === 0 ? 'tier.updated' : 'override.created',
      entity: i % 2 === 0 ? 'tier' : 'override',
      entityId: `x${i}`,
      merchantId: i < 3 ? 'mer_north' : null,
      platformId: MARKET,
      at,
    })),
  );
});
afterAll(() => database?.close());

describe('the audit trail', () => {
  test('pages by cursor through rows of one moment, each once, newest first', async () => {
    const seen: string[] = [];
    for (let before: { at: Date; id: string } | undefined; ; ) {
      const page = await listAudit(database.db, { limit: 3, before, from: at });
      seen.push(...page.map((row) => row.id));
      const last = page.at(-1);
      if (!last) break;
      before = { at: last.at, id: last.id };
    }
    expect(seen).toEqual(['aud_6', 'aud_5', 'aud_4', 'aud_3', 'aud_2', 'aud_1', 'aud_0']);
  });

  test('is filtered by person, kind, action, merchant and days', async () => {
    const ids = async (filter: object) =>
      (await listAudit(database.db, { limit: 50, from: at, ...filter })).map((row) => row.id);
    expect(await ids({ actorIds: await findActors(database.db, 'ada@tierline.test') })).toHaveLength(5);
    expect(await ids({ actorIds: await findActors(database.db, 'ADA ADMIN') })).toHaveLength(5);
    expect(await ids({ actorIds: await findActors(database.db, 'ada') })).toHaveLength(5);
    expect(await findActors(database.db, 'a')).toContain('usr_ada');
    expect(await ids({ actorKind: 'user' })).toHaveLength(7);
    expect(await ids({ actorKind: 'stripe' })).toEqual([]);
    expect(await ids({ actorIds: await findActors(database.db, 'usr_north') })).toEqual(['aud_6', 'aud_5']);
    expect(await ids({ actorIds: await findActors(database.db, 'nobody') })).toEqual([]);
    expect(await ids({ entity: 'override' })).toEqual(['aud_5', 'aud_3', 'aud_1']);
    expect(await ids({ action: 'override.created', merchantIds: ['mer_north'] })).toEqual(['aud_1']);
    expect(await ids({ to: at })).toEqual([]);
    expect(await ids({ merchantIds: await findMerchantIds(database.db, 'mer_north') })).toHaveLength(3);
  });

  test('finds merchants by name, store and id; a percent sign is a percent sign', async () => {
    expect((await findMerchantIds(database.db, 'wool')).sort()).toEqual(['mer_north', 'mer_south']);
    expect(await findMerchantIds(database.db, '100%')).toEqual(['mer_north']);
    expect(await findMerchantIds(database.db, 'south1')).toEqual(['mer_south']);
    expect(await findMerchantIds(database.db, 'mer_south')).toEqual(['mer_south']);
    expect(await findMerchantIds(database.db, '%')).toEqual(['mer_north']);
  });

  test('names people and keys, as who did it and as what it was done to', async () => {
    const actor = { kind: 'user' as const, id: 'usr_ada' };
    const { id } = await createApiKey(database.db, { name: 'Tills', role: 'usage', actor });
    const [row] = await listAudit(database.db, { limit: 1, action: 'api_key.created' });
    expect(row).toMatchObject({ actorName: 'Ada Admin', entityId: id, entityName: 'Tills' });
  });
});

test('the inbox pages by cursor and is filtered by status, type and merchant', async () => {
  const { db } = database;
  await db.insert(webhookEvents).values(
    Array.from({ length: 6 }, (_, i) => ({
      id: `evt_${i}`,
      type: i % 2 === 0 ? 'invoice.paid' : 'customer.updated',
      status: (['processed', 'failed', 'dead'] as const)[i % 3] ?? 'dead',
      payload: {},
      merchantId: i < 2 ? 'mer_north' : null,
      createdAt: at,
      receivedAt: at,
    })),
  );
  const ids = async (filter: Partial<Parameters<typeof listEvents>[1]>) =>
    (await listEvents(db, { limit: 50, ...filter })).map((row) => row.id);
  expect(await ids({ limit: 2 })).toEqual(['evt_5', 'evt_4']);
  expect(await ids({ before: { at, id: 'evt_4' } })).toEqual(['evt_3', 'evt_2', 'evt_1', 'evt_0']);
  expect(await ids({ status: 'failed' })).toEqual(['evt_4', 'evt_1']);
  expect(await ids({ status: 'dead', type: 'invoice.paid' })).toEqual(['evt_2']);
  expect(await ids({ merchantIds: ['mer_north', 'mer_south'] })).toEqual(['evt_1', 'evt_0']);
});
