import { type SQL, sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { readRows } from '@/db/rows';
import { merchants, platforms, stores } from '@/db/schema';
import { type Cursor, olderThan } from '@/lib/page';

export type StoreListRow = {
  id: string;
  code: string;
  name: string;
  merchantId: string;
  merchantName: string;
  platformName: string;
  createdAt: Date;
};

/**
 * The stores, newest first, by cursor; `search` looks into their codes and names and their merchants' names and e-mails, each
 * by its index and bounded. One statement.
 */
export async function listAllStores(
  db: Db,
  filter: { search?: string; before?: Cursor; limit: number },
): Promise<StoreListRow[]> {
  const where: SQL[] = [sql`true`];
  const search = filter.search?.trim().toLowerCase();
  if (search) {
    const like = `%${search.replace(/[\\%_]/g, (char) => `\\${char}`)}%`;
    where.push(sql`s.id in (
      (select id from ${stores} where lower(code || ' ' || name) like ${like} limit 500)
      union (select own.id from ${merchants} m2 join ${stores} own on own.merchant_id = m2.id
        where lower(m2.name || ' ' || m2.email) like ${like} limit 500))`);
  }
  const older = olderThan(sql`s.created_at`, sql`s.id`, filter.before);
  if (older) where.push(older);
  const statement = sql`
    select s.id, s.code, s.name, s.created_at, s.merchant_id, m.name as merchant_name, p.name as platform_name
    from ${stores} s join ${merchants} m on m.id = s.merchant_id join ${platforms} p on p.id = s.platform_id
    where ${sql.join(where, sql` and `)}
    order by s.created_at desc, s.id desc limit ${filter.limit}`;
  return readRows<StoreListRow>(db, statement, { dates: ['createdAt'] });
}
