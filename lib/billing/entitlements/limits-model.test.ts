import { eq } from 'drizzle-orm';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeCatalogue, tierId } from '@/db/make';
import { subscriptions } from '@/db/schema';
import { testDatabase } from '@/db/testing';
import { accountKey, type Metered } from '@/lib/billing/features';
import { productLimit } from '@/lib/catalog/features';
import { createProduct, deleteProduct, importProducts, newProductInput } from '@/lib/catalog/products';
import { DomainError } from '@/lib/errors';
import { orderQuota } from '@/lib/orders/features';
import { newOrderInput, placeOrder } from '@/lib/orders/orders';
import { emailAccounts, teamLimit } from '@/lib/tenancy/features';
import {
  acceptInvitation,
  expireInvitations,
  inviteMember,
  withdrawInvitation,
} from '@/lib/tenancy/invitations';
import { listTeam, removeMember } from '@/lib/tenancy/team';
import { addDays } from '@/lib/time';
import { makeAccount } from '@/testing/accounts';
import { loadEntitlementFacts } from './entitlement-facts';
import { countLive } from './live-count';
import { endOverride } from './override-end';
import { overrideInput } from './override-input';
import { saveOverrides } from './overrides';
import { reconcileUsage } from './usage';
import { releaseUsage, reportUsage } from './usage-reports';

/** SOAK=1 does the ten thousand of the promise; every run does some hundred, from a seed that is printed when it fails. */
const operations = process.env.SOAK ? 10_000 : 400;
const metered: Metered[] = [productLimit, orderQuota, teamLimit, emailAccounts];

let database: Awaited<ReturnType<typeof testDatabase>>;
beforeAll(async () => {
  database = await testDatabase();
  await makeCatalogue(database.db);
});
afterAll(() => database.close());

const step = fc.record({
  merchant: fc.nat(2),
  store: fc.nat(1),
  kind: fc.constantFrom(
    ...([
      'create',
      'create',
      'delete',
      'import',
      'order',
      'order',
      'invite',
      'accept',
      'withdraw',
      'remove',
    ] as const),
    ...(['report', 'giveBack', 'rollBack', 'override', 'endOverride', 'tier', 'time'] as const),
  ),
  pick: fc.nat(1000),
  size: fc.integer({ min: 1, max: 6 }),
});

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

test(`${operations} random operations by several merchants end with counters that equal the live counts`, async () => {
  const { db } = database;
  const shops = await Promise.all(
    ['one', 'two', 'three'].map((key) =>
      makeAccount(db, key, {
        tier: 'professional',
        stores: [`${key.toUpperCase()}A`, `${key.toUpperCase()}B`],
      }),
    ),
  );
  let now = new Date('2026-11-21T12:00:00Z');
  const tokens = new Map<string, { id: string; token: string }[]>();
  const productIds = new Map<string, string[]>();
  let sku = 0;
  let people = 0;

  async function run({ merchant, store, kind, pick, size }: Step): Promise<void> {
    const account = shops[merchant];
    if (!account) return;
    const storeId = account.storeIds[store] ?? null;
    const at = { ...account, storeId: storeId ?? '' };
    const context = { actor: { kind: 'user' as const, id: account.ownerId }, now };
    const mine = productIds.get(`${merchant}:${store}`) ?? [];
    const open = tokens.get(account.merchantId) ?? [];
    const product = () => newProductInput.parse({ sku: `S${++sku % 150}`, name: 'P', unitAmount: 1 });
    switch (kind) {
      case 'create':
        mine.push((await createProduct(db, at, product(), context)).id);
        productIds.set(`${merchant}:${store}`, mine);
        return;
      case 'delete':
        await deleteProduct(db, at, mine.splice(pick % Math.max(1, mine.length), 1)[0] ?? 'none', context);
        return;
      case 'import':
        await importProducts(
          db,
          at,
          { mode: pick % 2 ? 'all' : 'fit', products: Array.from({ length: size }, product) },
          context,
        );
        return;
      case 'order':
        await placeOrder(db, at, newOrderInput.parse({ customerName: 'A', total: 1 }), context);
        return;
      case 'invite': {
        const made = await inviteMember(db, at, { email: `p${++people}@x.test` }, context);
        tokens.set(account.merchantId, [...open, made]);
        return;
      }
      case 'accept': {
        const token = open[pick % Math.max(1, open.length)]?.token ?? 'none';
        await acceptInvitation(db, { token, name: 'P', password: 'long enough words' }, { now });
        return;
      }
      case 'withdraw':
        await withdrawInvitation(db, account, open[pick % Math.max(1, open.length)]?.id ?? 'none', context);
        return;
      case 'remove': {
        const { members } = await listTeam(db, account);
        await removeMember(db, account, members[pick % members.length]?.userId ?? 'none', context);
        return;
      }
      case 'report':
      case 'giveBack': {
        const feature = metered[pick % metered.length] ?? productLimit;
        const verb = kind === 'report' ? reportUsage : releaseUsage;
        await db.transaction((tx) => verb(tx, account, feature, { quantity: size, storeId, ...context }));
        return;
      }
      case 'rollBack':
        await db.transaction(async (tx) => {
          await createProduct(tx, at, product(), context);
          throw new DomainError('conflict', 'changed_my_mind');
        });
        return;
      case 'override': {
        const feature = metered[pick % metered.length]?.code;
        const row = overrideInput.parse({ featureCode: feature, limitValue: size * 5, reason: 'r' });
        await saveOverrides(db, account, [row], metered, context);
        return;
      }
      case 'endOverride':
        await endOverride(db, account, metered[pick % metered.length]?.code ?? '', context);
        return;
      case 'tier': {
        const code = ['essential', 'professional', 'business'][pick % 3] ?? 'essential';
        await db
          .update(subscriptions)
          .set({ tierId: tierId('market', code) })
          .where(eq(subscriptions.id, account.subscriptionId));
        return;
      }
      case 'time':
        now = addDays(now, size);
        await expireInvitations(db, now);
    }
  }

  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: operations, maxLength: operations }), async (steps) => {
      for (let i = 0; i < steps.length; i += 4) {
        // Four at a time: the model is the rows themselves, so no order has to be known.
        const batch = await Promise.allSettled(steps.slice(i, i + 4).map(run));
        for (const one of batch) {
          if (one.status === 'rejected' && !(one.reason instanceof DomainError)) throw one.reason;
        }
      }
      for (const shop of shops) {
        const facts = await loadEntitlementFacts(db, shop, now);
        for (const feature of metered) {
          const live = await countLive(db, feature, [{ ...shop, month: facts.month }]);
          const counted = facts.used[feature.code]?.total ?? 0;
          expect([shop.merchantId, feature.code, counted]).toEqual([
            shop.merchantId,
            feature.code,
            live.get(accountKey(shop))?.total ?? 0,
          ]);
        }
      }
      expect((await reconcileUsage(db, metered, now)).drifts).toBe(0);
    }),
    { numRuns: 1, endOnFailure: true },
  );
}, 900_000);
