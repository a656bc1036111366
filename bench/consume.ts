import { sql } from 'drizzle-orm';
import { newId } from '@/db/ids';
import { products } from '@/db/schema';
import { createProduct } from '@/lib/catalog/products';
import { type BenchDb, place } from './data';
import { interleave, p50, rate } from './measure';
import { ratioRow } from './row';

const PARALLEL = 16;
const SLICE_MS = 1500;
const ROUNDS = 7;

let made = 0;
const input = () => ({ sku: `bench-${++made}`, name: 'A product', currency: 'EUR', unitAmount: 1999 });

const rowOf = (number: number, now: Date) => {
  const { unitAmount, ...rest } = input();
  return { id: newId('prd'), ...place(number), ...rest, unitAmount, createdAt: now };
};

/** A limit that is checked at every unit and never reached. */
export async function liftLimits({ db }: BenchDb): Promise<void> {
  await db.execute(
    sql`update tier_limits set limit_value = 1000000000 where feature_code in ('max_products', 'max_orders_per_month')`,
  );
}

const create = ({ db }: BenchDb, number: number) =>
  createProduct(db, place(number), input(), { now: new Date() });

/** The transaction of createProduct without a limit. */
const insertOnly = ({ db }: BenchDb, number: number) =>
  db.transaction((tx) =>
    tx.insert(products).values(rowOf(number, new Date())).onConflictDoNothing().returning(),
  );

/** The same with a counter that is raised without a look; both statements are sent at once, as createProduct does. */
const insertAndCount = ({ db }: BenchDb, number: number) =>
  db.transaction((tx) =>
    Promise.all([
      tx.execute(sql`update usage_counters set used = used + 1 where merchant_id = ${place(number).merchantId}
        and platform_id = ${place(number).platformId} and feature_code = 'max_products' and period_start = 'epoch'
        returning used`),
      tx.insert(products).values(rowOf(number, new Date())).onConflictDoNothing().returning(),
    ]),
  );

/** Product creation for sixteen merchants at once, against the insert alone. */
export async function consumeRow(bench: BenchDb) {
  const measured = await interleave(
    () => rate(PARALLEL, SLICE_MS, (lane) => create(bench, lane + 1)),
    () => rate(PARALLEL, SLICE_MS, (lane) => insertOnly(bench, lane + 1)),
    ROUNDS,
  );
  return ratioRow('consume', 'rows/s', measured, '>=', 0.7);
}

/** Sixteen at once for one merchant, whose counter they all wait for, against a bare counter. */
export async function consumeHotRow(bench: BenchDb) {
  const measured = await interleave(
    () => rate(PARALLEL, SLICE_MS, () => create(bench, 31)),
    () => rate(PARALLEL, SLICE_MS, () => insertAndCount(bench, 32)),
    ROUNDS,
  );
  return ratioRow('consume_hot', 'rows/s', measured, '>=', 0.8);
}

/** A merchant with a million products against one with a single product. */
export async function consumeFlatRow(bench: BenchDb) {
  const { db } = bench;
  const { merchantId, platformId, storeId } = place(41);
  await db.execute(sql`
    insert into products (id, merchant_id, platform_id, store_id, sku, name, currency, unit_amount)
    select 'prd_full' || n, ${merchantId}, ${platformId}, ${storeId}, 'full-' || n, 'A product', 'EUR', 1999
    from generate_series(1, 1000000) as n`);
  await db.execute(sql`update usage_counters set used = 1000000, by_store = jsonb_build_object(${storeId}::text, 1000000)
    where merchant_id = ${merchantId} and feature_code = 'max_products'`);
  await db.execute(sql`vacuum analyze products`);
  const measured = await interleave(
    () => p50(200, () => create(bench, 41)),
    () => p50(200, () => create(bench, 42)),
    ROUNDS,
  );
  return ratioRow('consume_flat', 'ms', measured, '<=', 1.3);
}
