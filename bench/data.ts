import { sql } from 'drizzle-orm';
import postgres from 'postgres';
import { createDb, type Db } from '@/db/client';
import { MARKET, makeCatalogue } from '@/db/make';
import { migrate } from '@/db/migrate';

export type BenchDb = ReturnType<typeof createDb> & { url: string };

/** The generated merchant of that number, from 1, and its store. */
export const place = (number: number) => ({
  merchantId: `mer_b${number}`,
  platformId: MARKET,
  storeId: `sto_b${number}`,
});
export const storeCode = (number: number) => `B${number}`;
export const subscriptionId = (number: number) => `sub_b${number}`;
export const customerId = (number: number) => `cus_b${number}`;
/** The first so many merchants have an owner who can sign in. */
export const OWNERS = 200;
/** Of a hundred merchants one is in a local trial that is over; all others pay at Stripe. */
export const isPaying = (number: number) => number % 100 !== 0;

/** A migrated database of its own on the server of `serverUrl`, holding so many merchants with all that belongs to them. */
export async function makeBenchDb(serverUrl: string, name: string, merchants: number): Promise<BenchDb> {
  const admin = postgres(serverUrl, { max: 1, onnotice: () => {} });
  await admin`create database ${admin(name)}`;
  await admin.end();
  const url = serverUrl.replace(/[^/]+$/, name);
  await migrate(url);
  const opened = createDb(url, { max: 20 });
  await makeCatalogue(opened.db);
  await opened.db.execute(sql`update tier_prices set stripe_price_id = 'price_' || id`);
  await opened.db.execute(sql`update tiers set stripe_product_id = 'prod_' || id`);
  for (let from = 1; from <= merchants; from += 100_000) {
    await fill(opened.db, from, Math.min(merchants, from + 99_999));
  }
  await opened.db.execute(sql`vacuum analyze`);
  return { ...opened, url };
}

/**
 * Rows `from` to `to` by generate_series. Each merchant has one store, a current subscription on one of three plans, an
 * account in the middle of its month, counters, six invoices and a year of revenue movements.
 */
async function fill(db: Db, from: number, to: number): Promise<void> {
  const series = sql.raw(`generate_series(${from}, ${to}) as n`);
  const tier = sql`'tier_market_' || (array['essential', 'professional', 'business'])[n % 3 + 1]`;
  const began = sql`date_trunc('hour', now()) - make_interval(days => 30 + n % 300, mins => n % 1440)`;
  const month = sql`date_trunc('day', now()) - make_interval(days => n % 28)`;
  const run = (statement: ReturnType<typeof sql>) => db.execute(statement);
  await run(sql`insert into merchants (id, name, email, country)
    select 'mer_b' || n, 'Merchant ' || md5(n::text), 'billing' || n || '@bench.test', 'LU' from ${series}`);
  await run(sql`insert into customers (merchant_id, stripe_customer_id, name, email, line1, postal_code, city, country,
      card_brand, card_last4, card_exp_month, card_exp_year)
    select 'mer_b' || n, 'cus_b' || n, 'Merchant ' || n, 'billing' || n || '@bench.test', '1, rue du Commerce', '1234',
      'Luxembourg', 'LU', 'visa', '4242', 4, 2031 from ${series}`);
  await run(sql`insert into stores (id, code, name, merchant_id, platform_id)
    select 'sto_b' || n, 'B' || n, 'Shop ' || md5(n::text), 'mer_b' || n, ${MARKET} from ${series}`);
  await run(sql`insert into users (id, email, name)
    select 'usr_b' || n, 'owner' || n || '@bench.test', 'Owner ' || n from ${series} where n <= ${OWNERS}`);
  await run(sql`insert into memberships (merchant_id, user_id, role)
    select 'mer_b' || n, 'usr_b' || n, 'owner' from ${series} where n <= ${OWNERS}`);
  await run(sql`insert into subscriptions (id, merchant_id, platform_id, is_current, tier_id, status,
      stripe_subscription_id, currency, unit_amount, mrr_cents, started_at, current_period_start, current_period_end,
      trial_end, may_be_over)
    select 'sbr_b' || n, 'mer_b' || n, ${MARKET}, true, ${tier},
      case when n % 100 = 0 then 'trialing' else 'active' end,
      case when n % 100 = 0 then null else 'sub_b' || n end, 'EUR', 4900, case when n % 100 = 0 then 0 else 4900 end,
      ${began}, ${month}, ${month} + interval '1 month',
      case when n % 100 = 0 then now() - interval '1 hour' end, n % 100 = 0
    from ${series}`);
  await run(sql`insert into billing_accounts (merchant_id, platform_id, current_subscription_id, anchor_at, month_start,
      month_end)
    select 'mer_b' || n, ${MARKET}, 'sbr_b' || n, ${month}, ${month}, ${month} + interval '1 month' from ${series}`);
  await run(sql`insert into usage_counters (merchant_id, platform_id, feature_code, period_start, used, by_store)
    select 'mer_b' || n, ${MARKET}, code, case when code = 'max_orders_per_month' then ${month} else 'epoch' end, 1,
      jsonb_build_object('sto_b' || n, 1)
    from ${series}, unnest(array['max_products', 'max_orders_per_month', 'max_team_members']) as code`);
  await run(sql`insert into invoices (id, stripe_invoice_id, merchant_id, platform_id, stripe_subscription_id, kind, number,
      status, billing_reason, currency, subtotal, tax, total, amount_due, amount_paid, issued_at, paid_at, period_start,
      period_end, lines)
    select 'inv_b' || n || '_' || i, 'in_b' || n || '_' || i, 'mer_b' || n, ${MARKET}, 'sub_b' || n, 'plan',
      'B' || n || '-' || i, 'paid', 'subscription_cycle', 'EUR', 4900, 833, 5733, 5733, 5733,
      ${month} - make_interval(months => i), ${month} - make_interval(months => i),
      ${month} - make_interval(months => i), ${month} - make_interval(months => i - 1),
      jsonb_build_array(jsonb_build_object('id', 'il_1', 'description', '1 × Plan (monthly)', 'amount', 4900,
        'priceId', 'price_x', 'quantity', 1, 'proration', false, 'periodStart', 1790000000, 'periodEnd', 1792592000))
    from ${series}, generate_series(1, 6) as i where n % 100 <> 0`);
  await run(sql`insert into mrr_movements (id, merchant_id, platform_id, currency, kind, delta, after, at)
    select 'mrr_b' || n || '_' || i, 'mer_b' || n, ${MARKET}, 'EUR', case when i = 1 then 'new' else 'expansion' end,
      2450, 2450 * i, now() - make_interval(days => (400 - n % 30) / i)
    from ${series}, generate_series(1, 2) as i where n % 100 <> 0`);
}
