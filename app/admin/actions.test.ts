import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { encode } from 'next-auth/jwt';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { FormState } from '@/components/ui/form-state';
import type { Db } from '@/db/client';
import { MARKET, makeCatalogue, makeMerchant } from '@/db/make';
import { auditLog, memberships, users } from '@/db/schema';
import { testDatabase } from '@/db/testing';

/*
 * Every server action of the console, really called, by people who may not: with fields that an admin's form would send,
 * so that only the person stands in the way.
 */
const asked = vi.hoisted(() => ({ token: '', db: undefined as Db | undefined }));
vi.mock('next/headers', () => ({
  cookies: async () => ({
    get: (name: string) => (name === 'authjs.session-token' ? { value: asked.token } : undefined),
  }),
  headers: async () => new Headers(),
}));
vi.mock('next/cache', () => ({ refresh: () => {} }));
vi.mock('next-intl/server', () => ({ getLocale: async () => 'en' }));
vi.mock('@/lib/database', () => ({ database: () => asked.db }));

const SECRET = 'a secret of at least thirty-two characters';
const salt = 'authjs.session-token';
const folder = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const [consoleRoot, storeRoot] = [folder('.'), folder('../store')] as const;

let database: Awaited<ReturnType<typeof testDatabase>>;
beforeAll(async () => {
  database = await testDatabase();
  const { db } = database;
  asked.db = db;
  vi.stubEnv('AUTH_SECRET', SECRET);
  vi.stubEnv('DATABASE_URL', database.url);
  vi.stubEnv('APP_URL', 'http://localhost:3000');
  await makeCatalogue(db);
  const owner = { email: 'owner@shop.test', name: 'Olga' };
  await makeMerchant(db, {
    key: 'shop',
    name: 'Shop',
    stores: [{ code: 'SHOP', name: 'Shop' }],
    owner,
    at: new Date(),
  });
  await db
    .insert(users)
    .values({ id: 'usr_boss', email: 'boss@tierline.test', name: 'Ada', staffRole: 'admin' });
  await db
    .insert(users)
    .values({ id: 'usr_help', email: 'help@tierline.test', name: 'Sam', staffRole: 'support' });
  await makeMerchant(db, {
    key: 'stranger',
    name: 'Other',
    stores: [{ code: 'OTHER', name: 'Other' }],
    owner: { email: 'stranger@shop.test', name: 'Stan' },
    at: new Date(),
  });
  await db.insert(users).values({ id: 'usr_member', email: 'member@shop.test', name: 'Max' });
  await db.insert(memberships).values({ userId: 'usr_member', merchantId: 'mer_shop', role: 'member' });
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await database?.close();
});

const FIELDS: Record<string, string> = {
  store: 'SHOP',
  merchantId: 'mer_shop',
  platformId: MARKET,
  platform: MARKET,
  kind: 'add_on',
  id: 'aon_domain',
  code: 'essential',
  old: 'essential',
  plan: '[]',
  name: 'Name',
  job: 'reconcile_usage',
  tier: 'business',
  interval: 'month',
  back: '/admin/merchants/mer_shop',
  reason: 'A reason',
  when: 'now',
  trialEnd: '2099-01-01',
  until: '2099-01-01',
  untilSeen: '2099-01-01',
  startsAt: '2098-01-01',
  expiresAt: '2099-01-01',
  status: 'active',
  amount: '5',
  way: 'give',
  key: '7f0a2b44-52a7-4f0a-9c0e-5b6f3f1c9a11',
  feature: 'max_products',
  limit: '5',
  active: 'false',
  role: 'usage',
  price_currency_0: 'EUR',
  price_month_0: '10',
  price_year_0: '100',
  currency: 'EUR',
  unitAmount: '5',
  credits: '100',
  category: 'other',
  description: '',
  trialDays: '',
  displayOrder: '0',
  stripeProductId: '',
  revision: '1',
  successor_code: 'essential-2',
  do: 'save',
};

type Answer = FormState | undefined | string;

async function signIn(person: string): Promise<void> {
  asked.token = await encode({ token: { sub: person, version: 1 }, salt, secret: SECRET });
}

/** Every action, to be called with what an admin's form sends and, on top of it, `fields`. */
async function everyAction(root: string = consoleRoot) {
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((path) =>
    /(^|\/)actions\.ts$/.test(path),
  );
  const all: { action: string; call: (fields?: Record<string, string>) => Promise<Answer> }[] = [];
  for (const file of files) {
    const actions = (await import(join(root, file))) as Record<
      string,
      (state: FormState, form: FormData) => Promise<FormState | undefined>
    >;
    for (const [name, action] of Object.entries(actions)) {
      const call = async (fields: Record<string, string> = {}) => {
        const form = new FormData();
        for (const [field, value] of Object.entries({ ...FIELDS, ...fields })) form.set(field, value);
        // The editor of all exceptions has these once per feature.
        if (name === 'saveExceptions') {
          for (const field of ['limit', 'reason', 'until']) {
            form.set(`${field}.max_products`, String(form.get(field)));
            form.delete(field);
          }
        }
        return action({ status: 'idle' }, form).catch((error: unknown) =>
          String((error as { digest?: string }).digest ?? error),
        );
      };
      all.push({ action: `${file} ${name}`, call });
    }
  }
  return all;
}

async function callAll(person: string, root?: string): Promise<{ action: string; answer: Answer }[]> {
  await signIn(person);
  const answers: { action: string; answer: Answer }[] = [];
  for (const { action, call } of await everyAction(root)) answers.push({ action, answer: await call() });
  return answers;
}

const written = async () => (await database.db.select().from(auditLog)).length;

test('support is refused by each, and nothing is written', async () => {
  const before = await written();
  const answers = await callAll('usr_help');
  expect(answers.length).toBeGreaterThan(25);
  const refusals = answers.map(({ action, answer }) =>
    typeof answer === 'object'
      ? { action, status: answer.status, fields: answer.fields ?? {} }
      : { action, answer },
  );
  expect(refusals, 'for who they are, not for what they typed').toEqual(
    answers.map(({ action }) => ({ action, status: 'error', fields: {} })),
  );
  const words = new Set(answers.map(({ answer }) => (typeof answer === 'object' ? answer.message : answer)));
  expect([...words], 'one sentence: this is not theirs to do').toHaveLength(1);
  expect(await written()).toBe(before);
});

test('for an owner there is no such thing', async () => {
  const before = await written();
  const answers = await callAll('usr_shop');
  const reached = answers.filter(({ answer }) => !String(answer).includes('404'));
  expect(reached).toEqual([]);
  expect(await written()).toBe(before);
});

test('in a store who may only look is refused by each action, and a stranger finds no store', async () => {
  const before = await written();
  for (const person of ['usr_help', 'usr_member']) {
    const answers = await callAll(person, storeRoot);
    expect(answers.length).toBeGreaterThan(15);
    const said = answers.map(({ action, answer }) =>
      typeof answer === 'object' ? { action, ...answer, values: {} } : { action, answer },
    );
    const [{ message } = { message: '' }] = answers.map(({ answer }) =>
      typeof answer === 'object' ? answer : { message: '' },
    );
    expect(said, `${person}, for who they are`).toEqual(
      answers.map(({ action }) => ({ action, status: 'error', message, fields: {}, values: {} })),
    );
  }
  const found = await callAll('usr_stranger', storeRoot);
  expect(found.filter(({ answer }) => !String(answer).includes('404'))).toEqual([]);
  expect(await written()).toBe(before);
});

/** What a program sends that no form would: each of it is answered, in words or by a page that leads on. */
const JUNK = [
  '',
  'a\0b',
  '-1',
  '0.001',
  '1e9',
  '99999999999999999999',
  'NaN',
  '😀',
  'x'.repeat(5000),
  '0000-01-01',
  '99999-01-01',
  '2020-02-30',
  '<script>alert(1)</script>',
  "' or 1=1--",
  '__proto__',
  'constructor',
  '//evil.test',
];

/** What says which thing it is about. */
const WHICH = ['kind', 'platform', 'platformId', 'merchantId', 'id', 'code'];

test('junk in any field is answered with a sentence, never with a fault', async () => {
  await signIn('usr_boss');
  const actions = await everyAction();
  const runs = process.env.SOAK ? 20_000 : 3_000;
  const faults = new Set<string>();
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...actions),
      fc.uniqueArray(
        fc.tuple(
          fc.oneof(fc.constantFrom(...WHICH), fc.constantFrom(...Object.keys(FIELDS))),
          fc.constantFrom(...JUNK),
        ),
        {
          minLength: 1,
          maxLength: 2,
          selector: ([field]) => field,
        },
      ),
      fc.boolean(),
      async ({ action, call }, junk, makesNew) => {
        const fields = { ...(makesNew ? { id: '' } : {}), ...Object.fromEntries(junk) };
        // What ends a thing is only let at none: the rest is to be found standing.
        if (/ close$/.test(action) && !('merchantId' in fields)) return;
        if (/ remove$/.test(action) && !('id' in fields && 'code' in fields)) return;
        const answer = await call(fields);
        const isAnswer = typeof answer === 'object' || answer === undefined;
        if (isAnswer || /^NEXT_(REDIRECT;.*;\/(?!\/)|HTTP_ERROR)/.test(String(answer))) return;
        faults.add(`${action} ${JSON.stringify(fields).slice(0, 80)}: ${answer}`);
      },
    ),
    { numRuns: runs, seed: 20261121 },
  );
  expect([...faults].sort()).toEqual([]);
}, 120_000);

test('a NUL is refused at its field before anybody acts; half of a pair cannot come by a form', async () => {
  await signIn('usr_boss');
  const save = (await everyAction()).find(({ action }) => action.endsWith(' saveOverride'));
  const before = await written();
  expect(await save?.call({ reason: 'a\0b' })).toMatchObject({
    status: 'error',
    fields: { reason: expect.any(String) },
  });
  expect(await written()).toBe(before);
  const form = new FormData();
  form.set('reason', 'A\ud800B');
  expect(form.get('reason')).toBe('A\ufffdB');
});

test('a day of the year 0 is a wrong day in both forms for exceptions', async () => {
  await signIn('usr_boss');
  const day = '0000-01-01';
  const answers: Record<string, Answer> = {};
  for (const { action, call } of await everyAction()) {
    const [, name = ''] = action.split(' ');
    if (name === 'saveOverride') answers[name] = await call({ expiresAt: day });
    if (name === 'saveExceptions') answers[name] = await call({ until: day });
  }
  expect(answers).toMatchObject({
    saveOverride: { status: 'error', fields: { expiresAt: expect.any(String) } },
    saveExceptions: { status: 'error', fields: { 'until.max_products': expect.any(String) } },
  });
});

test('a way back that no header can hold is refused before anything is written', async () => {
  await signIn('usr_boss');
  const change = (await everyAction()).find(({ action }) => action.endsWith(' changePlan'));
  const before = await written();
  for (const back of ['/admin/merchants/x\r\nSet-Cookie: a=b', '/admin/merchants/../../evil', '//evil.test'])
    expect(await change?.call({ back })).toMatchObject({
      status: 'error',
      fields: { back: expect.any(String) },
    });
  expect(await written()).toBe(before);
});
