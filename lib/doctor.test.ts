import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDb } from '@/db/client';
import { settings, tiers, webhookEvents } from '@/db/schema';
import { keyMode, type Patient } from '@/lib/doctor-findings';
import { toReport, toWords } from '@/scripts/doctor-words';
import { pointWebhooksAt } from '@/scripts/webhook-endpoint';
import { openStage, type Stage } from '@/testing/stage';
import { openPortal } from './billing/customers/portal';
import { applyPush } from './billing/plans/push';
import { examine } from './doctor';
import { createStripe } from './stripe/client';
import { setClockOffset } from './time';

const APP_URL = 'http://localhost:3000';
let stage: Stage;
let patient: Patient;

beforeAll(async () => {
  stage = await openStage();
  await pointWebhooksAt(stage.stripe, 'http://127.0.0.1:3000');
  await stage.db.execute(
    sql`insert into users (id, email, name, staff_role) values ('usr_admin', 'a@example.test', 'Ada', 'admin')`,
  );
  await stage.db.execute(
    sql`insert into job_runs (id, job, at, started_by) values ('run_1', 'retry_webhook_events', now(), 'schedule')`,
  );
  const offset = (await stage.now()).getTime() - Date.now();
  await setClockOffset(stage.db, offset);
  patient = {
    db: stage.db,
    stripe: stage.stripe,
    environment: {
      DATABASE_URL: stage.databaseUrl,
      DATABASE_DIRECT_URL: undefined,
      DATABASE_PREPARE: true,
      APP_URL,
      STRIPE_SECRET_KEY: 'sk_test_local',
      STRIPE_WEBHOOK_SECRET: 'whsec_test',
      SMTP_URL: undefined,
      STRIPE_TAX: true,
      SELLER_COUNTRY: 'LU',
      SELLER_VAT_NUMBER: 'LU27317433',
    },
    isProduction: true,
  };
});
afterAll(() => stage.close());

/** The problems, as `area.code`. */
async function problems(changed: Partial<Patient> = {}): Promise<string[]> {
  const findings = await examine({ ...patient, ...changed });
  expect(toReport(findings)).not.toContain('{');
  return findings.filter((one) => one.level === 'problem').map((one) => `${one.area}.${one.code}`);
}

test('an installation in order has nothing that wants mending', async () => {
  expect(await problems()).toEqual([]);
  const areas = (await examine(patient)).map((one) => one.area);
  expect(new Set(areas).size).toBe(14);
});

test('every problem says how to mend it', async () => {
  const findings = await examine({
    ...patient,
    environment: { ...patient.environment, STRIPE_SECRET_KEY: undefined },
    stripe: null,
  });
  for (const finding of findings.filter((one) => one.level === 'problem'))
    expect(toWords(finding).mend).toBeTruthy();
  expect(findings).toContainEqual({ area: 'key', level: 'problem', code: 'none', facts: {} });
});

test('our own VAT number is looked at: VIES answers nobody who asks as a wrong one', async () => {
  const say = async (SELLER_VAT_NUMBER?: string) => {
    const environment = { ...patient.environment, SELLER_VAT_NUMBER };
    const findings = await examine({ ...patient, environment });
    return findings.filter(({ area }) => area === 'vat').map((one) => `${one.level} ${one.code}`);
  };
  expect(await say('LU27317433')).toEqual(['ok own_number']);
  expect(await say()).toEqual(['note no_own_number']);
  expect(await say('LU12')).toEqual(['problem bad_own_number']);
  expect(await say('DE312473943')).toEqual(['note own_number_elsewhere']);
});

describe('the database', () => {
  test('that does not answer is named, and nothing else is asked of it', async () => {
    const { db, close } = createDb('postgres://nobody:wrong@127.0.0.1:1/none', { max: 1 });
    expect(await problems({ db, stripe: null })).toEqual(['database.unreachable']);
    await close();
  });

  test('that lacks a migration is named; one of a newer build is noted, unless it bars this one', async () => {
    await stage.db.execute(
      sql`update drizzle.__drizzle_migrations set created_at = -created_at where id = 1`,
    );
    expect(await problems({ stripe: null })).toEqual(['migrations.behind']);
    await stage.db.execute(
      sql`update drizzle.__drizzle_migrations set created_at = -created_at where id = 1`,
    );
    await stage.db.execute(
      sql`insert into drizzle.__drizzle_migrations (hash, created_at, name) values ('', 9999999999999, '9999_new')`,
    );
    expect(await problems()).toEqual([]);
    const findings = await examine({ ...patient, stripe: null });
    expect(findings.find(({ area }) => area === 'migrations')).toMatchObject({
      level: 'note',
      code: 'ahead',
    });
    await stage.db.execute(
      sql`update drizzle.__drizzle_migrations set contract = '99.0.0' where created_at = 9999999999999`,
    );
    expect(await problems({ stripe: null })).toEqual(['migrations.build_too_old']);
    await stage.db.execute(sql`delete from drizzle.__drizzle_migrations where created_at = 9999999999999`);
  });

  test('whose sessions nothing bounds is told of, with the statement that does', async () => {
    const findings = await examine({ ...patient, stripe: null });
    expect(findings.find(({ code }) => code === 'no_bounds')).toMatchObject({
      level: 'note',
      facts: { settings: 'idle_in_transaction_session_timeout, lock_timeout, statement_timeout' },
    });
    expect(toReport(findings)).toContain('alter role tierline');
  });
});

describe('the key', () => {
  test('a live one belongs into production, on https', async () => {
    const environment = { ...patient.environment, STRIPE_SECRET_KEY: 'sk_live_1', SMTP_URL: 'smtp://x' };
    expect(await problems({ environment, stripe: null, isProduction: false })).toEqual([
      'key.live_outside_production',
      'key.live_without_https',
    ]);
    const https = { ...environment, APP_URL: 'https://shop.example' };
    expect(await problems({ environment: https, stripe: null })).toEqual([]);
  });

  test('each kind is told apart', () => {
    const keys = ['sk_test_local', 'sk_test_1', 'rk_live_1', 'pk_test_1', undefined];
    expect(keys.map(keyMode)).toEqual(['local', 'test', 'live', 'unknown', 'none']);
  });
});

describe('Stripe', () => {
  test('that does not answer is named', async () => {
    expect(await problems({ stripe: createStripe('sk_test_local', 'http://127.0.0.1:1') })).toEqual([
      'stripe.unreachable',
    ]);
  });

  test('a clock that went another way is noticed', async () => {
    const [before] = await stage.db.select().from(settings).where(eq(settings.name, 'local_clock_offset_ms'));
    await setClockOffset(stage.db, Number(before?.value) + 3_600_000);
    expect(await problems()).toEqual(['clock.offset_unknown']);
    await setClockOffset(stage.db, Number(before?.value));
  });

  test('the endpoint must be there, enabled and hear all that is handled', async () => {
    const [endpoint] = (await stage.stripe.webhookEndpoints.list()).data;
    const id = endpoint?.id ?? '';
    const noSecret = { ...patient.environment, STRIPE_WEBHOOK_SECRET: undefined };
    expect(await problems({ environment: noSecret })).toEqual(['webhook.no_secret']);
    await stage.stripe.webhookEndpoints.update(id, { enabled_events: ['invoice.paid'] });
    expect(await problems()).toEqual(['webhook.events_missing']);
    await stage.stripe.webhookEndpoints.update(id, { disabled: true });
    expect(await problems()).toEqual(['webhook.disabled']);
    await stage.stripe.webhookEndpoints.del(id);
    expect(await problems()).toEqual(['webhook.missing']);
    const url = 'http://127.0.0.1:3000/api/webhooks/stripe';
    const old = await stage.stripe.webhookEndpoints.create({
      url,
      enabled_events: ['*'],
      api_version: '2024-06-20',
    });
    expect(await problems()).toEqual(['webhook.version']);
    await stage.stripe.webhookEndpoints.del(old.id);
    await pointWebhooksAt(stage.stripe, 'http://127.0.0.1:3000');
    expect(await problems()).toEqual([]);
  });

  test('a tier that was renamed here waits for a push', async () => {
    await stage.db.update(tiers).set({ name: 'Starter' }).where(eq(tiers.id, 'tier_market_essential'));
    expect(await problems()).toEqual(['catalogue.not_pushed']);
    await applyPush(stage.db, stage.stripe, { kind: 'system', id: 'test' }, await stage.now());
    expect(await problems()).toEqual([]);
  });

  test('a price that means nothing here is worth a note', async () => {
    const product = await stage.stripe.products.create({ name: 'Something else' });
    const price = await stage.stripe.prices.create({
      product: product.id,
      currency: 'eur',
      unit_amount: 100,
      recurring: { interval: 'month' },
    });
    expect(await examine(patient)).toContainEqual({
      area: 'catalogue',
      level: 'note',
      code: 'unmapped',
      facts: { count: 1, prices: price.id },
    });
    expect(await problems()).toEqual([]);
  });

  test('a portal that switches plans is named', async () => {
    const { account } = await stage.merchant();
    const { merchantId } = account;
    await openPortal(stage.db, stage.stripe, {
      ...(await stage.by({ account })),
      merchantId,
      returnUrl: APP_URL,
    });
    expect(await problems()).toEqual([]);
    await stage.db
      .update(settings)
      .set({ value: 'bpc_gone' })
      .where(eq(settings.name, 'portal_configuration'));
    expect(await problems()).toEqual(['portal.missing']);
    await stage.db.delete(settings).where(eq(settings.name, 'portal_configuration'));
  });
});

test('a worker that does not run, and work that waits, are named', async () => {
  await stage.db.execute(sql`update job_runs set started_at = now() - interval '1 hour'`);
  expect(await problems()).toEqual(['worker.not_running']);
  await stage.db.execute(
    sql`select graphile_worker.add_job('process_event', '{}'::json, run_at := now() - interval '10 minutes')`,
  );
  expect(await problems()).toEqual(['worker.behind']);
  await stage.db.execute(sql`
    update graphile_worker._private_jobs set locked_by = 'worker-x', locked_at = now() - interval '2 hours'`);
  await stage.db.execute(sql`
    insert into graphile_worker._private_known_crontabs (identifier, known_since, last_execution)
    values ('compare_stripe', now() - interval '9 days', now() - interval '3 days')`);
  expect(await problems()).toEqual(['worker.not_running', 'worker.long_running', 'worker.missed']);
  await stage.db.execute(sql`delete from graphile_worker._private_known_crontabs`);
  await stage.db.execute(sql`update graphile_worker._private_jobs set locked_by = null, locked_at = null`);
  await stage.db.execute(
    sql`select graphile_worker.complete_jobs(array(select id from graphile_worker.jobs))`,
  );
  await stage.db.execute(sql`update job_runs set started_at = now()`);
});

test('events that failed or were given up are named with their error', async () => {
  const event = {
    type: 'invoice.paid',
    payload: {},
    createdAt: new Date(),
    errorCode: 'unmapped_price',
    errorDetails: {},
  };
  await stage.db.insert(webhookEvents).values([
    { id: 'evt_1', status: 'failed', ...event },
    { id: 'evt_2', status: 'dead', ...event },
  ]);
  expect(await problems()).toEqual(['events.dead', 'events.failed']);
  expect(toReport(await examine(patient))).toContain('The price belongs to no plan');
});

test('Stripe Tax that cannot do what it is asked is seen before the first buyer sees it', async () => {
  const taxed = async (changed: Partial<Patient> = {}) =>
    (await problems(changed)).filter((one) => one.startsWith('tax.'));
  const set = (settings: object) => stage.control('settings', settings);
  await set({ tax_active: false });
  expect(await taxed()).toEqual(['tax.inactive']);
  await set({ tax_active: true, registrations: [] });
  expect(await taxed()).toEqual(['tax.no_registration']);
  await set({ registrations: ['FR'] });
  expect(await taxed()).toEqual(['tax.not_registered_at_home']);
  await set({ registrations: null });
  const environment = { ...patient.environment, SELLER_COUNTRY: 'DE' };
  expect(await taxed({ environment })).toEqual(['tax.other_country']);
  expect(await taxed()).toEqual([]);
});

test('a restricted key is asked for each permission, and what it lacks is named; nothing is changed', async () => {
  const stripe = createStripe('rk_test_local', stage.url);
  const environment = { ...patient.environment, STRIPE_SECRET_KEY: 'rk_test_local' };
  const before = (await stage.stripe.events.list({ limit: 1 })).data[0]?.id;
  const all = [
    'customer',
    'subscription',
    'invoice',
    'credit_note',
    'checkout_session',
    'customer_portal',
    'product',
    'plan',
  ];
  const read = ['charge', 'dispute', 'payment_method', 'event', 'webhook', 'balance', 'tax_settings'];
  const rights = [...all.map((noun) => `rak_${noun}_write`), ...read.map((noun) => `rak_${noun}_read`)];
  const findRights = async (restricted_key: string[]) => {
    await stage.control('settings', { restricted_key });
    return (await examine({ ...patient, stripe, environment })).filter((one) =>
      one.code.startsWith('rights_'),
    );
  };
  expect(await findRights(rights)).toEqual([expect.objectContaining({ level: 'ok' })]);
  const lacking = rights.filter((one) => one !== 'rak_subscription_write' && one !== 'rak_event_read');
  expect(await findRights(lacking)).toEqual([
    expect.objectContaining({
      code: 'rights_missing',
      facts: { count: 2, rights: 'Subscriptions, write; Events, read' },
    }),
  ]);
  expect((await stage.stripe.events.list({ limit: 1 })).data[0]?.id).toBe(before);
});

test('a price below what Stripe charges is found', async () => {
  await stage.db.execute(sql`update credit_packages set unit_amount = 30 where code = 'credits_100'`);
  expect(await problems()).toContain('catalogue.below_minimum');
  await applyPush(stage.db, stage.stripe, { kind: 'system', id: 'test' }, await stage.now());
});
