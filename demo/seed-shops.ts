import { eq } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { idsOf, MARKET } from '@/db/make';
import { billingAccounts, memberships, orders, overrides, products, usageCounters, users } from '@/db/schema';
import { currentMonth } from '@/lib/billing/accounts';
import { addDays } from '@/lib/time';
import type { DemoMerchant } from './demo';

const EPOCH = new Date(0);
const GOODS = [
  'Lamp',
  'Chair',
  'Vase',
  'Blanket',
  'Notebook',
  'Mug',
  'Basket',
  'Frame',
  'Clock',
  'Tray',
  'Candle',
  'Bowl',
];
const COLOURS = ['white', 'black', 'oak', 'blue', 'green', 'red', 'sand', 'grey'];
const BUYERS = [
  'M. Weber',
  'A. Klein',
  'S. Müller',
  'J. Martin',
  'C. Schmit',
  'L. Dubois',
  'P. Wagner',
  'E. Rossi',
];

/** The rows of the modules that the meters count, and the counters that agree with them. */
export async function makeShopRows(db: Db, merchants: DemoMerchant[], now: Date): Promise<void> {
  const accounts = await db.select().from(billingAccounts).where(eq(billingAccounts.platformId, MARKET));
  for (const merchant of merchants) {
    const { merchantId, ownerId } = idsOf(merchant.key);
    const account = accounts.find((one) => one.merchantId === merchantId);
    if (!account) continue;
    const month = currentMonth(account, now);
    const shops = merchant.stores.filter((store) => store.platformId === undefined);
    const shares = shops.map((store, index) => ({
      storeId: `sto_${store.code.toLowerCase()}`,
      share: index === 0 ? 1 : 0.25,
    }));
    const base = { merchantId, platformId: MARKET };
    const used = { max_products: {}, max_orders_per_month: {}, max_team_members: {} } as Record<
      string,
      Record<string, number>
    >;
    for (const { storeId, share } of shares) {
      const count = Math.floor(merchant.products * share);
      await insertAll(
        count,
        (index) => ({
          id: `prd_${storeId.slice(4)}_${String(index + 1).padStart(5, '0')}`,
          ...base,
          storeId,
          sku: `SKU-${String(index + 1).padStart(4, '0')}`,
          name: `${GOODS[index % GOODS.length]} ${COLOURS[(index * 5) % COLOURS.length]} ${index + 1}`,
          currency: 'EUR',
          unitAmount: 990 + ((index * 317) % 9000),
          createdAt: addDays(now, -((index * 7) % merchant.joined) - 0.1),
        }),
        (rows) => db.insert(products).values(rows),
      );
      if (count > 0) Object.assign(used.max_products ?? {}, { [storeId]: count });
      const placed = Math.floor(merchant.ordersThisMonth * share);
      const span = now.getTime() - month.start.getTime();
      const older = Math.min(merchant.ordersThisMonth * 2, 240);
      let number = 0;
      const order = (placedAt: Date) => ({
        id: `ord_${storeId.slice(4)}_${String(++number).padStart(6, '0')}`,
        ...base,
        storeId,
        number: `${1000 + number}`,
        customerName: BUYERS[number % BUYERS.length] ?? 'A. Nonym',
        currency: 'EUR',
        total: 1500 + ((number * 733) % 20_000),
        placedAt,
      });
      const before = month.start.getTime() - addDays(now, -Math.min(merchant.joined, 180)).getTime();
      await insertAll(
        before > 0 ? older : 0,
        (index) =>
          order(new Date(month.start.getTime() - 1 - Math.floor((before * (older - index)) / (older + 1)))),
        (rows) => db.insert(orders).values(rows),
      );
      await insertAll(
        placed,
        (index) => order(new Date(month.start.getTime() + Math.floor((span * (index + 1)) / (placed + 1)))),
        (rows) => db.insert(orders).values(rows),
      );
      if (placed > 0) Object.assign(used.max_orders_per_month ?? {}, { [storeId]: placed });
    }
    const firstStore = shares[0]?.storeId ?? '';
    const team = merchant.team ?? 0;
    for (let index = 0; index < team; index++) {
      // acme's one member is member@acme.test, made with the staff.
      if (merchant.key === 'acme') break;
      const id = `${ownerId}_member_${index + 1}`;
      const createdAt = addDays(now, -Math.min(merchant.joined, 60) + index);
      await db.insert(users).values({
        id,
        email: `member${index + 1}@${merchant.owner.email.split('@')[1]}`,
        name: `Team member ${index + 1}`,
        createdAt,
      });
      await db
        .insert(memberships)
        .values({ merchantId, userId: id, role: 'member', storeId: firstStore, createdAt });
    }
    if (team > 0) Object.assign(used.max_team_members ?? {}, { [firstStore]: team });
    for (const [featureCode, byStore] of Object.entries(used)) {
      const total = Object.values(byStore).reduce((sum, count) => sum + count, 0);
      if (total === 0) continue;
      const periodStart = featureCode === 'max_orders_per_month' ? month.start : EPOCH;
      await db.insert(usageCounters).values({ ...base, featureCode, periodStart, used: total, byStore });
    }
  }
  await makeOverrides(db, now);
}

async function makeOverrides(db: Db, now: Date): Promise<void> {
  const base = { merchantId: idsOf('grand').merchantId, platformId: MARKET, author: 'usr_admin' };
  await db.insert(overrides).values([
    {
      id: 'ovr_grand_orders',
      ...base,
      featureCode: 'max_orders_per_month',
      hasLimit: true,
      limitValue: 5000,
      reason: 'Fair use agreed with the sales team',
      createdAt: addDays(now, -280),
    },
    {
      id: 'ovr_grand_team',
      ...base,
      featureCode: 'max_team_members',
      hasLimit: true,
      limitValue: 25,
      reason: 'Seats as in the contract of this year',
      createdAt: addDays(now, -280),
      expiresAt: addDays(now, 85),
    },
    {
      id: 'ovr_hazel_products',
      ...base,
      merchantId: idsOf('hazel_hardware').merchantId,
      featureCode: 'max_products',
      hasLimit: true,
      limitValue: 300,
      reason: 'Season catalogue, until it has chosen a bigger plan',
      createdAt: addDays(now, -100),
      expiresAt: addDays(now, -9),
    },
  ]);
}

async function insertAll<Row>(
  count: number,
  make: (index: number) => Row,
  insert: (rows: Row[]) => PromiseLike<unknown>,
) {
  for (let from = 0; from < count; from += 1000) {
    const rows = Array.from({ length: Math.min(1000, count - from) }, (_, index) => make(from + index));
    await insert(rows);
  }
}
