import { type SQL, sql } from 'drizzle-orm';
import { customers, memberships, merchants, stores, subscriptions, users } from '@/db/schema';

/**
 * Ids of the merchants a person of the staff means: by name or e-mail, by a store's code or name, by the whole e-mail
 * address of somebody who works there, or by a whole id: ours, the customer's or the subscription's at Stripe. Every part by an index, and
 * bounded: a word that half of the merchants bear names the first five hundred, and the person types on.
 */
export function matchingMerchants(text: string): SQL {
  const whole = text.trim();
  const search = whole.toLowerCase();
  const like = `%${search.replace(/[\\%_]/g, (char) => `\\${char}`)}%`;
  return sql`
    (select id from ${merchants} where lower(name || ' ' || email) like ${like} limit 500)
    union (select merchant_id from ${stores} where lower(code || ' ' || name) like ${like} limit 500)
    union (select p.merchant_id from ${users} u join ${memberships} p on p.user_id = u.id where lower(u.email) = ${search})
    union (select merchant_id from ${customers} where stripe_customer_id = ${whole})
    union (select merchant_id from ${subscriptions} where stripe_subscription_id = ${whole})
    union (select id from ${merchants} where id = ${whole})`;
}
