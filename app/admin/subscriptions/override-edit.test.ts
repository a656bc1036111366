import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeCatalogue } from '@/db/make';
import { auditLog } from '@/db/schema';
import { testDatabase } from '@/db/testing';
import { overrideInput } from '@/lib/billing/entitlements/override-input';
import {
  listEndedOverrides,
  listOverrides,
  listOverridesById,
} from '@/lib/billing/entitlements/override-lists';
import { editOverrides, OverrideConflict, saveOverrides } from '@/lib/billing/entitlements/overrides';
import { ValidationFailed } from '@/lib/errors';
import { features } from '@/lib/features';
import { makeAccount } from '@/testing/accounts';
import { overrideFields, toEditorProblems, toOverridesEdit, valuesOf } from './override-edit';

const now = new Date('2026-11-21T12:00:00Z');
const context = { actor: { kind: 'user' as const, id: 'usr_admin' }, now };
let database: Awaited<ReturnType<typeof testDatabase>>;
beforeAll(async () => {
  database = await testDatabase();
  await makeCatalogue(database.db);
});
afterAll(() => database.close());

type Group = 'limit' | 'unlimited' | 'enabled' | 'reason' | 'until';
type Typed = Partial<Record<Group, Record<string, string>>>;

/** A merchant with two exceptions, and its editor: what is typed over what it shows. */
async function openEditor(key: string) {
  const { db } = database;
  const { merchantId, platformId } = await makeAccount(db, key);
  const account = { merchantId, platformId };
  const before = [
    { featureCode: 'max_products', limitValue: 500, reason: 'Big', expiresAt: '2027-03-01T09:30:00Z' },
    { featureCode: 'api_access', enabled: true, reason: 'Pilot', startsAt: '2026-12-01' },
  ];
  await saveOverrides(
    db,
    account,
    before.map((row) => overrideInput.parse(row)),
    features,
    context,
  );
  const shown = await listOverrides(db, account);
  const drawn: Record<Group | 'seen', Record<string, string>> = {
    seen: {},
    limit: {},
    unlimited: {},
    enabled: {},
    reason: {},
    until: {},
  };
  for (const row of shown) {
    const { unlimited, ...values } = valuesOf(row);
    drawn.seen[row.featureCode] = row.id;
    if (unlimited) drawn.unlimited[row.featureCode] = 'on';
    for (const [group, value] of Object.entries(values)) {
      if (value) drawn[group as Group][row.featureCode] = value;
    }
  }
  return {
    account,
    shown,
    async save(typed: Typed) {
      const sent = structuredClone(drawn);
      for (const [group, fields] of Object.entries(typed)) {
        for (const [code, value] of Object.entries(fields)) {
          if (value === '') delete sent[group as Group][code];
          else sent[group as Group][code] = value;
        }
      }
      const fields = overrideFields.parse(sent);
      const rows = await listOverridesById(db, account, Object.values(fields.seen));
      const edit = toOverridesEdit(fields, features, rows);
      await editOverrides(db, account, edit, features, context).catch((error: unknown) => {
        if (error instanceof ValidationFailed)
          throw new ValidationFailed(toEditorProblems(error.fields, edit.save));
        throw error;
      });
      return edit;
    },
    standing: () => listOverrides(db, account),
  };
}

const problems = (work: Promise<unknown>) =>
  work.then(
    () => [],
    (error: unknown) =>
      error instanceof ValidationFailed ? error.fields.map((one) => [one.path, one.rule]) : [error],
  );

describe('the override editor', () => {
  test('writes nothing when nothing was touched', async () => {
    const editor = await openEditor('untouched');
    const edit = await editor.save({});
    expect([edit.save, edit.end]).toEqual([[], []]);
    expect(await editor.standing()).toEqual(editor.shown);
  });

  test('writes what was touched, ends what was emptied, and keeps what it does not show', async () => {
    const editor = await openEditor('touched');
    await editor.save({
      limit: { max_products: '600' },
      unlimited: { max_team_members: 'on' },
      enabled: { api_access: '' },
      reason: { max_team_members: 'Family business', api_access: 'The pilot is over' },
      until: { max_team_members: '2027-01-31' },
    });
    const standing = await editor.standing();
    expect(
      Object.fromEntries(
        standing.map((row) => [row.featureCode, [row.limitValue, row.reason, row.expiresAt?.toISOString()]]),
      ),
    ).toEqual({
      max_products: [600, 'Big', '2027-03-01T09:30:00.000Z'],
      max_team_members: [null, 'Family business', '2027-01-31T00:00:00.000Z'],
    });
    const { rows, total } = await listEndedOverrides(database.db, editor.account, 1);
    expect([rows.length, total]).toEqual([1, 2]);
    const trail = await database.db.select().from(auditLog);
    const mine = trail.filter((row) => row.merchantId === editor.account.merchantId);
    expect(mine.map((row) => row.action).sort()).toEqual([
      'override.created',
      'override.created',
      'override.created',
      'override.ended',
      'override.replaced',
    ]);
    const again = await openEditor('moved');
    await again.save({ reason: { api_access: 'Pilot, second phase' } });
    expect((await again.standing()).find((row) => row.featureCode === 'api_access')).toMatchObject({
      startsAt: new Date('2026-12-01'),
      enabled: true,
    });
  });

  test.each<[Typed, [string, string][]]>([
    [{ limit: { max_products: '7', max_team_members: '3' } }, [['reason.max_team_members', 'required']]],
    [{ reason: { max_team_members: 'Why' } }, [['limit.max_team_members', 'required']]],
    [{ until: { white_label: '2027-01-01' } }, [['enabled.white_label', 'required']]],
    [{ enabled: { api_access: '' } }, [['reason.api_access', 'why_it_ends']]],
    [{ enabled: { api_access: '' }, reason: { api_access: '' } }, [['reason.api_access', 'why_it_ends']]],
    [{ unlimited: { max_products: 'on' } }, [['limit.max_products', 'limit_or_unlimited']]],
    [
      {
        limit: { max_products: '7', max_team_members: '3' },
        reason: { max_team_members: 'Why' },
        until: { max_team_members: '2020-01-01' },
      },
      [['until.max_team_members', 'in_the_past']],
    ],
  ])('%o is refused at its row and nothing is half-written', async (typed, expected) => {
    const editor = await openEditor(`bad${Math.round(JSON.stringify(typed).length)}${expected[0]?.[1]}`);
    expect(await problems(editor.save(typed))).toEqual(expected);
    expect(await editor.standing()).toEqual(editor.shown);
  });

  test('tells the second of two admins, for what both touched only', async () => {
    const editor = await openEditor('two');
    await editor.save({ limit: { max_products: '600' } });
    const [conflict] = await problems(
      editor.save({
        limit: { max_products: '700' },
        enabled: { api_access: '' },
        reason: { api_access: 'The pilot is over' },
      }),
    );
    expect(conflict).toBeInstanceOf(OverrideConflict);
    expect(conflict).toMatchObject({ code: 'edit_conflict', details: { featureCode: 'max_products' } });
    expect((await editor.standing()).map((row) => row.limitValue).sort()).toEqual([600, null]);
    // An exception made meanwhile is not ended by who saw none; another row is free.
    const both = { limit: { max_team_members: '4' }, reason: { max_team_members: 'Why' } };
    const results = await Promise.allSettled([editor.save(both), editor.save(both)]);
    expect(results.map((one) => one.status).sort()).toEqual(['fulfilled', 'rejected']);
  });
});
