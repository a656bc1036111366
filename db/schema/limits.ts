import { sql } from 'drizzle-orm';
import { boolean, check, index, jsonb, pgTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core';
import { amount, id, instant, ref, writtenAt } from './columns';
import { merchants, platforms, stores } from './tenancy';

/**
 * What is used of one feature: the row that `consume` takes from. A stock has one row with `periodStart` at the epoch,
 * a flow one per billing month.
 */
export const usageCounters = pgTable(
  'usage_counters',
  {
    merchantId: text().notNull(),
    platformId: text().notNull(),
    featureCode: text().notNull(),
    periodStart: instant().notNull(),
    used: amount().notNull(),
    /** The same, by store id; what names no store is under ''. */
    byStore: jsonb().$type<Record<string, number>>().notNull().default({}),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.platformId, t.featureCode, t.periodStart] }),
    index('usage_counters_old').on(t.periodStart),
    index('usage_counters_feature').on(t.featureCode, t.platformId, t.periodStart),
    check('usage_counters_used', sql`${t.used} >= 0`),
  ],
);

/** Units that live outside this database, as reported by POST /api/v1/usage (negative = given back). Never updated. */
export const usageReports = pgTable(
  'usage_reports',
  {
    id: id(),
    merchantId: ref(() => merchants.id),
    platformId: ref(() => platforms.id),
    storeId: text().references(() => stores.id),
    featureCode: text().notNull(),
    periodStart: instant().notNull(),
    quantity: amount().notNull(),
    reportedBy: text().notNull(),
    at: instant().notNull(),
    createdAt: writtenAt(),
  },
  (t) => [
    index('usage_reports_feature').on(t.merchantId, t.platformId, t.featureCode, t.periodStart),
    check('usage_reports_quantity', sql`${t.quantity} <> 0`),
  ],
);

/** An exception for one merchant. A new one ends the former: rows are history. */
export const overrides = pgTable(
  'overrides',
  {
    id: id(),
    merchantId: ref(() => merchants.id),
    platformId: ref(() => platforms.id),
    featureCode: text().notNull(),
    /** Null with `hasLimit` = unlimited; without `hasLimit` the tier's limit stays. */
    limitValue: amount(),
    hasLimit: boolean().notNull(),
    /** Null = as in the tier. */
    enabled: boolean(),
    reason: text().notNull(),
    /** A user id, or `api_key:…`. */
    author: text().notNull(),
    startsAt: instant(),
    expiresAt: instant(),
    endedAt: instant(),
    endedBy: text(),
    createdAt: writtenAt(),
  },
  (t) => [
    uniqueIndex('overrides_standing')
      .on(t.merchantId, t.platformId, t.featureCode)
      .where(sql`${t.endedAt} is null`),
    index('overrides_account').on(t.merchantId, t.platformId, t.createdAt),
    check('overrides_limit', sql`${t.limitValue} >= 0`),
    check('overrides_says_something', sql`${t.hasLimit} or ${t.enabled} is not null`),
  ],
);

/** Where a counter did not agree with the live count, and what was done. */
export const usageDrifts = pgTable(
  'usage_drifts',
  {
    id: id(),
    merchantId: ref(() => merchants.id),
    platformId: ref(() => platforms.id),
    featureCode: text().notNull(),
    periodStart: instant().notNull(),
    counted: amount().notNull(),
    live: amount().notNull(),
    at: instant().notNull(),
    repairedAt: instant(),
    createdAt: writtenAt(),
  },
  (t) => [index('usage_drifts_at').on(t.at, t.id), index('usage_drifts_merchant').on(t.merchantId, t.at)],
);

/** A success that is given again for the same key and body. */
export const idempotencyKeys = pgTable(
  'idempotency_keys',
  {
    /** Who used it: an API key or user id, and the route. */
    scope: text().notNull(),
    key: text().notNull(),
    bodyHash: text().notNull(),
    status: amount().notNull(),
    answer: jsonb().$type<unknown>().notNull(),
    createdAt: writtenAt(),
  },
  (t) => [primaryKey({ columns: [t.scope, t.key] }), index('idempotency_keys_age').on(t.createdAt)],
);

/** A feature of one platform that is only observed: refusals are recorded here and not made. */
export const observedFeatures = pgTable(
  'observed_features',
  {
    platformId: ref(() => platforms.id),
    featureCode: text().notNull(),
    createdBy: text().notNull(),
    createdAt: writtenAt(),
  },
  (t) => [primaryKey({ columns: [t.platformId, t.featureCode] })],
);

/** What a merchant has to spend. The ledger is the truth; this row is its running sum and its lock. */
export const creditWallets = pgTable(
  'credit_wallets',
  {
    merchantId: ref(() => merchants.id),
    platformId: ref(() => platforms.id),
    monthly: amount().notNull().default(0),
    purchased: amount().notNull().default(0),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.platformId] }),
    check('credit_wallets_monthly', sql`${t.monthly} >= 0`),
    check('credit_wallets_purchased', sql`${t.purchased} >= 0`),
  ],
);

/** Append-only. `sourceKey` names what gave or took, once: `session:cs_…`, `month:2026-11-01`, `key:…`. */
export const creditLedger = pgTable(
  'credit_ledger',
  {
    id: id(),
    merchantId: ref(() => merchants.id),
    platformId: ref(() => platforms.id),
    kind: text({ enum: ['grant', 'purchase', 'spend', 'expire', 'refund', 'adjust'] }).notNull(),
    bucket: text({ enum: ['monthly', 'purchased'] }).notNull(),
    amount: amount().notNull(),
    reason: text().notNull(),
    sourceKey: text().notNull(),
    actor: text().notNull(),
    at: instant().notNull(),
    createdAt: writtenAt(),
  },
  (t) => [
    uniqueIndex('credit_ledger_source').on(t.merchantId, t.platformId, t.sourceKey, t.bucket),
    index('credit_ledger_account').on(
      t.merchantId,
      t.platformId,
      t.at.desc().nullsFirst(),
      t.id.desc().nullsFirst(),
    ),
    index('credit_ledger_package').on(t.platformId, t.reason).where(sql`${t.kind} = 'purchase'`),
    check('credit_ledger_amount', sql`${t.amount} <> 0`),
  ],
);
