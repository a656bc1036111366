import { type SQL, sql } from 'drizzle-orm';
import { customers, memberships, merchants, stores, subscriptions, users } from '@/db/schema';

/**
 * Ids of the merchants a person of the staff means: by name or e-mail, by a store's code or name, by the name of somebody who
 * works there or their whole e-mail address, or by a whole id: ours, the customer's or the subscription's at Stripe. Every part
 * by an index, and bounded: a word that half of the merchants bear names the first five hundred, and the person types on.
 */
export function matchingMerchants(text: string): SQL {
  const whole = text.trim();
  const search = whole.toLowerCase();
  const like = `%${search.replace(/[\\%_]/g, (char) => `\\${char}`)}%`;
  return sql`
    (select id from ${merchants} where lower(name || ' ' || email) like ${like} limit 500)
    union (select merchant_id from ${stores} where lower(code || ' ' || name) like ${like} limit 500)
    union (${merchantsOfPeopleNamed(like)} limit 500)
    union (select p.merchant_id from ${users} u join ${memberships} p on p.user_id = u.id where lower(u.email) = ${search})
    union (select merchant_id from ${customers} where stripe_customer_id = ${whole})
    union (select merchant_id from ${subscriptions} where stripe_subscription_id = ${whole})
    union (select id from ${merchants} where id = ${whole})`;
}

/**
 * The merchants of people whose name is `like` that. The index covers name and e-mail together: of what it finds the first two
 * thousand are looked at, so that a part of many e-mail addresses costs no more than a name.
 */
export function merchantsOfPeopleNamed(like: string): SQL {
  return sql`
    select p.merchant_id from (
      select id, name from ${users} where lower(name || ' ' || email) like ${like} limit 2000
    ) u join ${memberships} p on p.user_id = u.id where lower(u.name) like ${like}`;
}
