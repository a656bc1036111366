import { sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { fixedSql } from '@/db/fixed-sql';
import { type Json, readJson, readRows } from '@/db/rows';
import {
  addOnFeatures,
  addOns,
  billingAccounts,
  creditLedger,
  creditPackages,
  customers,
  invoices,
  storeAddOns,
  subscriptions,
  tierLimits,
  tierPrices,
  tiers,
} from '@/db/schema';
import type { CurrentSubscription } from '@/lib/billing/account/subscription';
import type { Balance } from '@/lib/billing/account/wallet';
import type { Account, KeptMonth } from '@/lib/billing/accounts';
import type { CustomerRow } from '@/lib/billing/customers/stripe-details';
import type { AddOnProduct } from '@/lib/billing/plans/extras';
import type { Tier } from '@/lib/billing/plans/tiers';
import type { StoreAddOn } from '@/lib/billing/subscriptions/add-ons';
import { NotFound } from '@/lib/errors';
import type { InvoiceRow } from './invoices';

/** All rows that the billing page is made of: what the platform sells, and what the account has. */
export type OverviewFacts = {
  /** The platform's; null for an unknown platform. */
  currency: string | null;
  tiers: Tier[];
  addOnProducts: AddOnProduct[];
  creditPackages: (typeof creditPackages.$inferSelect)[];
  subscription: CurrentSubscription | null;
  kept: KeptMonth | null;
  customer: CustomerRow;
  invoices: InvoiceRow[];
  storeAddOns: StoreAddOn[];
  balance: Balance;
  ledger: (typeof creditLedger.$inferSelect)[];
};

const merchant = sql`${sql.placeholder('merchant')}::text`;
const platform = sql`${sql.placeholder('platform')}::text`;
const ofAccount = sql`merchant_id = ${merchant} and platform_id = ${platform}`;
/** The rows of a query as a list, in the query's order. */
const list = (rows: ReturnType<typeof sql>) =>
  sql`(select coalesce(jsonb_agg(r.row), '[]') from (${rows}) as r)`;

const statement = fixedSql<'merchant' | 'platform' | 'invoices' | 'ledger'>(sql`
  select
    (select default_currency from platforms where id = ${platform}) as currency,
    ${list(sql`select to_jsonb(t) || jsonb_build_object(
        'prices', ${list(sql`select to_jsonb(p) as row from ${tierPrices} p
          where p.tier_id = t.id and p.archived_at is null order by p.currency, p.interval`)},
        'limits', ${list(sql`select to_jsonb(l) as row from ${tierLimits} l where l.tier_id = t.id`)}) as row
      from ${tiers} t where t.platform_id = ${platform} order by t.display_order, t.code`)} as tiers,
    ${list(sql`select to_jsonb(a) || jsonb_build_object(
        'features', ${list(sql`select to_jsonb(f) as row from ${addOnFeatures} f where f.add_on_id = a.id`)}) as row
      from ${addOns} a where a.platform_id = ${platform} and a.is_active order by a.display_order, a.code`)} as add_ons,
    ${list(sql`select to_jsonb(c) as row from ${creditPackages} c
      where c.platform_id = ${platform} and c.is_active order by c.display_order`)} as packages,
    (select to_jsonb(s) from ${subscriptions} s where ${ofAccount} and s.is_current) as subscription,
    (select to_jsonb(b) from ${billingAccounts} b where ${ofAccount}) as account,
    (select to_jsonb(c) from ${customers} c where c.merchant_id = ${merchant}) as customer,
    ${list(sql`select to_jsonb(i) as row from ${invoices} i where ${ofAccount} and i.status <> 'draft'
      order by i.issued_at desc, i.id desc limit ${sql.placeholder('invoices')}::int`)} as invoices,
    ${list(sql`select to_jsonb(o) || jsonb_build_object('code', a.code, 'name', a.name, 'store_code', s.code) as row
      from ${storeAddOns} o join ${addOns} a on a.id = o.add_on_id join stores s on s.id = o.store_id
      where o.merchant_id = ${merchant} and o.platform_id = ${platform} and o.status <> 'incomplete_expired'
      order by o.ended_at is not null, o.created_at`)} as store_add_ons,
    (select jsonb_build_object('monthly', monthly, 'purchased', purchased)
      from credit_wallets where ${ofAccount}) as balance,
    ${list(sql`select to_jsonb(l) as row from ${creditLedger} l where ${ofAccount}
      order by l.at desc, l.id desc limit ${sql.placeholder('ledger')}::int`)} as ledger`);

type Answer = Record<
  'tiers' | 'addOns' | 'packages' | 'invoices' | 'storeAddOns' | 'ledger',
  (Json & { prices: Json[]; limits: Json[]; features: Json[] })[]
> & {
  currency: string | null;
  subscription: Json | null;
  account: Json | null;
  customer: Json | null;
  balance: Balance | null;
};

/**
 * Reads all of it in one statement, so that the page shows one moment, and waits for the database once. The same rows in
 * the same order as the verbs that read each of them alone (a test compares them). @throws NotFound for an unknown merchant
 */
export async function loadOverviewFacts(
  db: Db,
  { merchantId, platformId }: Account,
  show: { invoices: number; ledger: number },
): Promise<OverviewFacts> {
  const values = { merchant: merchantId, platform: platformId, ...show };
  const [answer] = await readRows<Answer>(db, statement(values));
  if (!answer?.customer) throw new NotFound('merchant', merchantId);
  const allTiers = answer.tiers.map((tier) => ({
    ...readJson(tiers, tier),
    prices: tier.prices.map((price) => readJson(tierPrices, price)),
    limits: tier.limits.map((limit) => readJson(tierLimits, limit)),
  }));
  return {
    currency: answer.currency,
    tiers: allTiers,
    addOnProducts: answer.addOns.map((one) => ({
      ...readJson(addOns, one),
      features: one.features.map((feature) => readJson(addOnFeatures, feature)),
    })),
    creditPackages: answer.packages.map((one) => readJson(creditPackages, one)),
    subscription: withTiers(answer.subscription && readJson(subscriptions, answer.subscription), allTiers),
    kept: answer.account && readJson(billingAccounts, answer.account),
    customer: readJson(customers, answer.customer),
    invoices: answer.invoices.map((one) => readJson(invoices, one)),
    storeAddOns: answer.storeAddOns.map((one) => ({
      ...readJson(storeAddOns, one),
      code: String(one.code),
      name: String(one.name),
      storeCode: String(one.store_code),
    })),
    balance: answer.balance ?? { monthly: 0, purchased: 0 },
    ledger: answer.ledger.map((one) => readJson(creditLedger, one)),
  };
}

function withTiers(row: typeof subscriptions.$inferSelect | null, all: Tier[]): CurrentSubscription | null {
  const held = all.find((tier) => tier.id === row?.tierId);
  if (!row || !held) return null;
  const { prices, limits, ...tier } = held;
  const pending = all.find((one) => one.id === row.pendingTierId);
  return { ...row, tier, pendingTier: pending ? { code: pending.code, name: pending.name } : null };
}
