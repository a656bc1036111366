import { createDb, type Tx } from '@/db/client';
import { consume } from '@/lib/billing/entitlements/limits';
import { productLimit } from '@/lib/catalog/features';
import { orderQuota } from '@/lib/orders/features';

/**
 * Another process that takes units, for limits-parallel.test.ts: `url merchant platform feature now tries mode`.
 * Prints how many it got. Mode `hold` takes one, says so, and waits with its transaction open to be killed.
 */
const [url = '', merchantId = '', platformId = '', code, at = '', tries = '0', mode] = process.argv.slice(2);
const feature = code === orderQuota.code ? orderQuota : productLimit;
const { db, close } = createDb(url, { max: 8 });
const now = new Date(at);
const take = (tx: Tx) => consume(tx, { merchantId, platformId }, feature, 1, { now });

if (mode === 'hold') {
  await db.transaction(async (tx) => {
    await take(tx);
    process.stdout.write('holding\n');
    await new Promise((resolve) => setTimeout(resolve, 60_000));
  });
} else {
  const results = await Promise.allSettled(
    Array.from({ length: Number(tries) }, () => db.transaction((tx) => take(tx))),
  );
  process.stdout.write(`${results.filter((one) => one.status === 'fulfilled').length}\n`);
}
await close();
