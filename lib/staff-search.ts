import { sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import {
  customers,
  invoices,
  memberships,
  merchants,
  stores,
  subscriptions,
  users,
  webhookEvents,
} from '@/db/schema';
import { merchantsOfPeopleNamed } from './merchant-search';

export const foundKinds = ['merchant', 'store', 'subscription', 'invoice', 'event'] as const;

/** One thing of the console: what it is called, what tells it from its like, and the merchant or event it leads to. */
export type Found = {
  kind: (typeof foundKinds)[number];
  id: string;
  title: string;
  detail: string;
  merchantId: string | null;
};

const PER_KIND = 6;

/**
 * What staff may mean by a few typed letters: merchants by name or e-mail, their people by name or whole e-mail, stores by code or name;
 * and, given whole, the id of anything, ours or Stripe's, or an invoice's number. At most six of a kind; less than two
 * letters find nothing. One statement, every part of it by an index.
 */
export async function searchConsole(db: Db, text: string): Promise<Found[]> {
  const words = text.trim().slice(0, 100).replaceAll('\0', '');
  if (words.length < 2) return [];
  const lower = words.toLowerCase();
  const escaped = lower.replace(/[\\%_]/g, (char) => `\\${char}`);
  // Two letters have no trigram of their own, but the beginning of a word has: those find by beginnings only.
  const like = lower.length === 2 ? `${escaped}%` : `%${escaped}%`;
  const few = sql.raw(String(PER_KIND));
  const rows = await db.execute<Found & { rank: number }>(sql`
    with hits as (
      (select 1 as rank, m.id as merchant_id from ${merchants} m
        where lower(m.name || ' ' || m.email) like ${like} limit ${few})
      union (select 2, found.merchant_id from (${merchantsOfPeopleNamed(like)} limit ${few}) found)
      union (select 0, m.id from ${merchants} m where m.id = ${words})
      union (select 0, c.merchant_id from ${customers} c where c.stripe_customer_id = ${words})
      union (select 0, p.merchant_id from ${users} u join ${memberships} p on p.user_id = u.id
        where lower(u.email) = ${lower} limit ${few})
    )
    (select 'merchant' as kind, m.id, m.name as title, case when m.closed_at is null then m.email else '' end as detail, m.id as "merchantId", h.rank
      from (select merchant_id, min(rank) as rank from hits group by 1 order by 2 limit ${few}) h
      join ${merchants} m on m.id = h.merchant_id)
    union all
    (select 'store', s.id, s.name, s.code, s.merchant_id, (lower(s.code) <> ${lower})::int
      from ${stores} s where lower(s.code || ' ' || s.name) like ${like} limit ${few})
    union all
    (select 'store', s.id, s.name, s.code, s.merchant_id, 0 from ${stores} s where s.id = ${words})
    union all
    (select 'subscription', s.id, m.name, coalesce(s.stripe_subscription_id, s.id), s.merchant_id, 0
      from ${subscriptions} s join ${merchants} m on m.id = s.merchant_id where s.id = ${words})
    union all
    (select 'subscription', s.id, m.name, s.stripe_subscription_id, s.merchant_id, 0
      from ${subscriptions} s join ${merchants} m on m.id = s.merchant_id where s.stripe_subscription_id = ${words})
    union all
    (select 'invoice', i.id, i.number, m.name, i.merchant_id, 0
      from ${invoices} i join ${merchants} m on m.id = i.merchant_id where i.number = ${words.toUpperCase()} limit ${few})
    union all
    (select 'invoice', i.id, coalesce(i.number, i.stripe_invoice_id), m.name, i.merchant_id, 0
      from ${invoices} i join ${merchants} m on m.id = i.merchant_id where i.stripe_invoice_id = ${words})
    union all
    (select 'event', e.id, e.type, e.id, e.merchant_id, 0 from ${webhookEvents} e where e.id = ${words})`);
  const order = (found: Found) => foundKinds.indexOf(found.kind);
  return [...rows]
    .sort((a, b) => order(a) - order(b) || a.rank - b.rank || a.title.localeCompare(b.title))
    .map(({ kind, id, title, detail, merchantId }) => ({ kind, id, title, detail, merchantId }));
}
