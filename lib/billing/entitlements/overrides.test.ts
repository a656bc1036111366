import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MARKET, makeCatalogue } from '@/db/make';
import { auditLog } from '@/db/schema';
import { testDatabase } from '@/db/testing';
import { EditConflict } from '@/lib/billing/errors';
import { saveTierLimits, tierLimitInput } from '@/lib/billing/plans/tier-limits';
import { getTier } from '@/lib/billing/plans/tiers';
import { listAudit } from '@/lib/billing/reports/audit-trail';
import { productLimit } from '@/lib/catalog/features';
import { NotFound, ValidationFailed } from '@/lib/errors';
import { features } from '@/lib/features';
import { orderQuota } from '@/lib/orders/features';
import { apiAccess, emailAccounts, teamLimit } from '@/lib/tenancy/features';
import { makeAccount } from '@/testing/accounts';
import { explainFeature } from './explain';
import { consume } from './limits';
import { endOverride } from './override-end';
import { overrideInput } from './override-input';
import { listEndedOverrides, listOverrides, loadEndReasons } from './override-lists';
import { saveOverrides } from './overrides';
import { previewTierLimits, previewTierOver } from './what-if';

const now = new Date('2026-11-21T12:00:00Z');
const actor = { kind: 'user' as const, id: 'usr_admin' };
let database: Awaited<ReturnType<typeof testDatabase>>;
beforeAll(async () => {
  database = await testDatabase();
  await makeCatalogue(database.db);
});
afterAll(() => database.close());

const rows = (...list: object[]) => list.map((row) => overrideInput.parse({ reason: 'agreed', ...row }));
const limitRows = (...list: object[]) => list.map((row) => tierLimitInput.parse(row));
const failure = async (work: Promise<unknown>) =>
  work.then(
    () => null,
    (error: unknown) => error,
  );

describe('overrides', () => {
  test('hold at once, replace what stood, and keep who and why', async () => {
    const { db } = database;
    const shop = await makeAccount(db, 'grand');
    await saveOverrides(db, shop, rows({ featureCode: 'max_team_members', limitValue: 3 }), features, {
      actor,
      now,
    });
    const taken = await db.transaction((tx) => consume(tx, shop, teamLimit, 3, { now }));
    expect(taken.limit).toBe(3);
    const standing = await saveOverrides(
      db,
      shop,
      rows(
        { featureCode: 'max_team_members', limitValue: null, reason: 'no bounds' },
        { featureCode: 'api_access', enabled: true },
      ),
      features,
      { actor, now },
    );
    expect(standing).toHaveLength(2);
    expect(await listOverrides(db, shop, { history: true })).toHaveLength(3);
    const trail = await db.select().from(auditLog).where(eq(auditLog.merchantId, shop.merchantId));
    expect(trail.map((row) => [row.action, row.reason]).sort()).toEqual([
      ['override.created', 'agreed'],
      ['override.created', 'agreed'],
      ['override.replaced', 'no bounds'],
    ]);
    const replaced = trail.find((row) => row.action === 'override.replaced');
    expect(replaced?.before).toMatchObject({ limitValue: 3 });
    await endOverride(db, shop, 'max_team_members', { actor, now });
    expect(await failure(endOverride(db, shop, 'max_team_members', { actor, now }))).toBeInstanceOf(NotFound);
    expect((await explainFeature(db, shop, teamLimit, now)).verdict).toBe('limit_reached');
  });

  test.each([
    [{ featureCode: 'nothing', limitValue: 1 }, '[1].featureCode', 'unknown_feature'],
    [{ featureCode: 'max_products', limitValue: 1 }, '[1].featureCode', 'repeated'],
    [{ featureCode: 'api_access', limitValue: 1 }, '[1].limitValue', 'binary_has_no_limit'],
    [{ featureCode: 'max_team_members' }, '[1].limitValue', 'required'],
    [{ featureCode: 'monthly_credits', limitValue: null }, '[1].limitValue', 'grant_needs_number'],
    [{ featureCode: 'api_access' }, '[1].enabled', 'required'],
    [
      { featureCode: 'max_team_members', limitValue: 1, expiresAt: '2026-11-21T12:00:00Z' },
      '[1].expiresAt',
      'in_the_past',
    ],
    [
      { featureCode: 'max_team_members', limitValue: 1, startsAt: '2027-02-01', expiresAt: '2027-01-01' },
      '[1].expiresAt',
      'before_start',
    ],
  ])('%o is refused by name and nothing is written', async (bad, path, rule) => {
    const { db } = database;
    const account = { merchantId: 'mer_grand', platformId: MARKET };
    const before = await listOverrides(db, account, { history: true });
    const list = rows({ featureCode: 'max_products', limitValue: 5 }, bad);
    const refusal = await failure(saveOverrides(db, account, list, features, { actor, now }));
    expect(refusal).toBeInstanceOf(ValidationFailed);
    expect((refusal as ValidationFailed).fields).toMatchObject([{ path, rule }]);
    expect(await listOverrides(db, account, { history: true })).toEqual(before);
  });

  test('two admins at once end with one exception that stands', async () => {
    const { db } = database;
    const shop = await makeAccount(db, 'race');
    await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        saveOverrides(db, shop, rows({ featureCode: 'max_products', limitValue: i }), features, {
          actor,
          now,
        }),
      ),
    );
    expect(await listOverrides(db, shop)).toHaveLength(1);
    expect(await listOverrides(db, shop, { history: true })).toHaveLength(8);
  });
});

describe('what a tier grants', () => {
  const professional = { platformId: MARKET, code: 'professional' };

  test('rows named are written, others stay, the revision rises, and an old one is refused', async () => {
    const { db } = database;
    const before = await getTier(db, MARKET, 'professional');
    const saved = await saveTierLimits(
      db,
      professional,
      limitRows({ featureCode: 'max_team_members', limitValue: 4 }, { featureCode: 'white_label' }),
      features,
      { actor, now, revision: before.revision },
    );
    expect(saved.revision).toBe(before.revision + 1);
    expect(saved.limits).toHaveLength(before.limits.length + 1);
    expect(saved.limits).toContainEqual(
      expect.objectContaining({ featureCode: 'max_team_members', limitValue: 4 }),
    );
    const stale = saveTierLimits(
      db,
      professional,
      limitRows({ featureCode: 'white_label', enabled: false }),
      features,
      {
        actor,
        now,
        revision: before.revision,
      },
    );
    expect(await failure(stale)).toBeInstanceOf(EditConflict);
    const same = await saveTierLimits(db, professional, limitRows({ featureCode: 'white_label' }), features, {
      actor,
      now,
    });
    expect(same.revision).toBe(saved.revision);
  });

  test('bad rows name themselves', async () => {
    const { db } = database;
    const list = limitRows(
      { featureCode: 'nope', limitValue: 1 },
      { featureCode: 'api_access', limitValue: 1 },
      { featureCode: 'max_products' },
      { featureCode: 'monthly_credits', limitValue: null },
    );
    const refusal = await failure(saveTierLimits(db, professional, list, features, { actor, now }));
    expect((refusal as ValidationFailed).fields.map((one) => one.path)).toEqual([
      '[0].featureCode',
      '[1].limitValue',
      '[2].limitValue',
      '[3].limitValue',
    ]);
  });

  test('a draft says how many would be over, and who, but not those who are over already or have an exception', async () => {
    const { db } = database;
    const using = async (key: string, team: number) => {
      const shop = await makeAccount(db, key, { tier: 'business', stores: [key.toUpperCase()] });
      await db.transaction((tx) => consume(tx, shop, teamLimit, team, { now, storeId: shop.storeId }));
      return shop;
    };
    await using('fits', 4);
    await using('over', 6);
    const excepted = await using('excepted', 7);
    await saveOverrides(db, excepted, rows({ featureCode: 'max_team_members', limitValue: 9 }), features, {
      actor,
      now,
    });
    await makeAccount(db, 'lapsed', { tier: 'business', status: 'unpaid' });
    const business = { platformId: MARKET, code: 'business' };
    const draft = limitRows({ featureCode: 'max_team_members', limitValue: 5 });
    expect(await previewTierLimits(db, business, draft, features, now)).toEqual({
      affected: 3,
      lost: [],
      overCount: 1,
      over: [
        {
          merchantId: 'mer_over',
          merchantName: 'over',
          overLimit: [
            {
              featureCode: 'max_team_members',
              current: 6,
              newLimit: 5,
              overBy: 1,
              stores: [{ store: 'OVER', current: 6 }],
            },
          ],
        },
      ],
    });
    expect(
      await previewTierLimits(
        db,
        business,
        limitRows({ featureCode: 'max_team_members', limitValue: 10 }),
        features,
        now,
      ),
    ).toMatchObject({ affected: 3, overCount: 0 });
  });

  test('a draft says how many lose a feature, but not those who have it by an exception', async () => {
    const { db } = database;
    const business = { platformId: MARKET, code: 'business' };
    const keeps = await makeAccount(db, 'keeps', { tier: 'business' });
    await saveOverrides(db, keeps, rows({ featureCode: 'api_access', enabled: true }), features, {
      actor,
      now,
    });
    const draft = limitRows(
      { featureCode: 'api_access', enabled: false },
      { featureCode: 'max_team_members', enabled: false },
    );
    const preview = await previewTierLimits(db, business, draft, features, now);
    expect(preview.lost).toEqual([
      { featureCode: 'max_team_members', merchants: preview.affected - 1 },
      { featureCode: 'api_access', merchants: preview.affected - 1 },
    ]);
  });

  test('the trail names the tier and each feature before and after, in words', async () => {
    const { db } = database;
    const draft = limitRows(
      { featureCode: 'max_products', limitValue: 300 },
      { featureCode: 'max_team_members', limitValue: 1, enabled: false },
      { featureCode: 'priority_support', enabled: false },
    );
    await saveTierLimits(db, { platformId: MARKET, code: 'enterprise' }, draft, features, { actor, now });
    const [row] = await listAudit(db, { action: 'tier.limits_changed', limit: 1 });
    const tier = { code: 'enterprise', platform: 'market' };
    expect(row?.before).toEqual({
      ...tier,
      max_products: 'unlimited',
      max_team_members: 'unlimited',
      priority_support: 'on',
    });
    expect(row?.after).toEqual({
      ...tier,
      max_products: 300,
      max_team_members: 'off (1)',
      priority_support: 'off',
    });
  });

  test('a smaller plan says what would be over, per store', async () => {
    const { db } = database;
    const shop = await makeAccount(db, 'shrinks', { tier: 'business', stores: ['SHRINKA', 'SHRINKB'] });
    for (const [storeId, count] of [
      ['sto_shrinka', 150],
      ['sto_shrinkb', 100],
    ] as const) {
      await db.transaction((tx) => consume(tx, shop, productLimit, count, { now, storeId }));
    }
    const essential = await getTier(db, MARKET, 'essential');
    expect(await previewTierOver(db, shop, essential.id, features, now)).toEqual([
      {
        featureCode: 'max_products',
        current: 250,
        newLimit: 200,
        overBy: 50,
        stores: [
          { store: 'SHRINKA', current: 150 },
          { store: 'SHRINKB', current: 100 },
        ],
      },
    ]);
  });

  test('on a platform with a fallback tier, everybody without a paid plan is affected by it', async () => {
    const { db } = database;
    const shop = await makeAccount(db, 'freeonly', { tier: null, platformId: 'plt_loyalty' });
    await makeAccount(db, 'paysloy', { tier: 'plus', platformId: 'plt_loyalty' });
    await db.transaction((tx) => consume(tx, shop, orderQuota, 40, { now }));
    const draft = limitRows({ featureCode: 'max_orders_per_month', limitValue: 30 });
    const free = { platformId: 'plt_loyalty', code: 'free' };
    expect(await previewTierLimits(db, free, draft, features, now)).toMatchObject({
      affected: 1,
      overCount: 1,
    });
  });
});

describe('explain', () => {
  test('tells every step in order', async () => {
    const { db } = database;
    const shop = await makeAccount(db, 'why', { stores: ['WHY'] });
    await saveOverrides(
      db,
      shop,
      rows({
        featureCode: 'max_products',
        limitValue: 10,
        reason: 'pilot',
        expiresAt: '2027-01-01T00:00:00Z',
      }),
      features,
      { actor, now },
    );
    await db.transaction((tx) => consume(tx, shop, productLimit, 10, { now, storeId: shop.storeId }));
    const { steps, verdict, feature } = await explainFeature(db, shop, productLimit, now);
    expect(verdict).toBe('limit_reached');
    expect(feature).toMatchObject({ limit: 10, current: 10, remaining: 0, scope: 'merchant_override' });
    expect(steps.map((step) => [step.textKey.replace('features.explain.', ''), step.source])).toEqual([
      ['status_live', 'subscription:sub_why'],
      ['tier_limit', 'tier:essential'],
      ['override_limit', expect.stringMatching(/^override:ovr_/)],
      ['usage_store', 'store:WHY'],
      ['verdict_limit_reached', null],
      ['unlock_release', null],
    ]);
    expect(steps[2]?.value).toMatchObject({
      reason: 'pilot',
      author: 'usr_admin',
      until: '2027-01-01T00:00:00.000Z',
      limit: 10,
    });
  });

  test('tells of an exception that is over or starts later, which changes nothing', async () => {
    const { db } = database;
    const shop = await makeAccount(db, 'when', { stores: ['WHEN'] });
    const put = (row: object, at: Date) => saveOverrides(db, shop, rows(row), features, { actor, now: at });
    await put(
      {
        featureCode: 'max_products',
        limitValue: 300,
        reason: 'season',
        expiresAt: '2026-11-12T00:00:00Z',
      },
      new Date('2026-10-01T00:00:00Z'),
    );
    await put(
      { featureCode: 'api_access', enabled: true, reason: 'pilot', startsAt: '2027-01-01T00:00:00Z' },
      now,
    );
    const { steps, feature } = await explainFeature(db, shop, productLimit, now);
    expect(steps.map((step) => step.kind)).toEqual(['status', 'tier', 'override_over', 'usage', 'verdict']);
    expect(steps[2]).toEqual({
      kind: 'override_over',
      textKey: 'features.explain.override_over_limit',
      value: {
        ...{ reason: 'season', author: 'usr_admin', from: null, until: '2026-11-12T00:00:00.000Z' },
        ...{ given: 300, enabled: true, limit: feature.limit },
      },
      source: expect.stringMatching(/^override:ovr_/),
    });
    expect(feature).toMatchObject({ limit: steps[1]?.value.limit, scope: 'tier' });
    const flag = await explainFeature(db, shop, apiAccess, now);
    expect(flag.verdict).toBe('feature_not_in_plan');
    expect(flag.steps.find((step) => step.kind === 'override_later')).toMatchObject({
      textKey: 'features.explain.override_later_on',
      value: { from: '2027-01-01T00:00:00.000Z', until: null, enabled: false },
    });

    // In its time, and taken away.
    const then = await explainFeature(db, shop, apiAccess, new Date('2027-01-01T00:00:00Z'));
    expect(then).toMatchObject({ verdict: 'allowed', feature: { scope: 'merchant_override' } });
    const { id } = await endOverride(db, shop, 'max_products', { actor, now, reason: 'chose a bigger plan' });
    expect(await loadEndReasons(db, [id])).toEqual(new Map([[id, 'chose a bigger plan']]));
    // Replaced, not ended: the trail's reason is the next one's.
    await put({ featureCode: 'api_access', enabled: false, reason: 'not yet' }, now);
    const { rows: over } = await listEndedOverrides(db, shop, 10);
    expect(over.map((row) => row.featureCode).sort()).toEqual(['api_access', 'max_products']);
    const ids = over.map((row) => row.id);
    expect([...(await loadEndReasons(db, ids)).keys()]).toEqual([id]);
    const after = await explainFeature(db, shop, productLimit, now);
    expect(after.steps.map((step) => step.kind)).not.toContain('override_over');
  });

  test('a flag and a feature of no plan', async () => {
    const { db } = database;
    const shop = await makeAccount(db, 'whynot');
    const flag = await explainFeature(db, shop, apiAccess, now);
    expect(flag.verdict).toBe('feature_not_in_plan');
    expect(flag.steps.map((step) => step.kind)).toEqual(['status', 'tier', 'verdict', 'unlock']);
    const mail = await explainFeature(db, shop, emailAccounts, now);
    expect(mail.steps.at(-1)).toMatchObject({
      textKey: 'features.explain.unlock_add_on',
      source: 'add_on:email_5',
    });
  });
});
