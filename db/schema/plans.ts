import { sql } from 'drizzle-orm';
import { boolean, check, index, integer, pgTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core';
import { amount, id, instant, ref, writtenAt } from './columns';
import { platforms } from './tenancy';

/** A plan of one platform. */
export const tiers = pgTable(
  'tiers',
  {
    id: id(),
    platformId: ref(() => platforms.id),
    code: text().notNull(),
    name: text().notNull(),
    description: text().notNull().default(''),
    /** Inactive: nobody can buy it; those who have it keep it. */
    isActive: boolean().notNull().default(true),
    /** Private: not shown to owners, still served. */
    isPublic: boolean().notNull().default(true),
    /** False: "contact us". */
    isSelfService: boolean().notNull().default(true),
    displayOrder: integer().notNull().default(0),
    /** Null = STRIPE_TRIAL_DAYS. */
    trialDays: integer(),
    stripeProductId: text(),
    /** The tier that replaced this one for new subscribers. */
    successorId: text(),
    /** Raised by every edit of the tier, its prices or its limits: the guard against lost edits. */
    revision: integer().notNull().default(1),
    createdAt: writtenAt(),
    updatedAt: writtenAt(),
  },
  (t) => [
    uniqueIndex('tiers_code').on(t.platformId, t.code),
    uniqueIndex('tiers_product').on(t.stripeProductId).where(sql`${t.stripeProductId} is not null`),
    check('tiers_code_form', sql`${t.code} ~ '^[a-z0-9][a-z0-9_-]{0,49}$'`),
    check('tiers_trial_days', sql`${t.trialDays} between 0 and 730`),
  ],
);

/** What a tier costs per currency and interval. A replaced price stays, archived: old subscriptions still carry its id. */
export const tierPrices = pgTable(
  'tier_prices',
  {
    id: id(),
    tierId: text()
      .notNull()
      .references(() => tiers.id, { onDelete: 'cascade' }),
    currency: text().notNull(),
    interval: text({ enum: ['month', 'year'] }).notNull(),
    unitAmount: amount().notNull(),
    stripePriceId: text(),
    archivedAt: instant(),
    /** When the push archived its price at Stripe; null for one on sale and for one that the next push has to archive. */
    stripeArchivedAt: instant(),
    createdAt: writtenAt(),
  },
  (t) => [
    uniqueIndex('tier_prices_current')
      .on(t.tierId, t.currency, t.interval)
      .where(sql`${t.archivedAt} is null`),
    uniqueIndex('tier_prices_stripe').on(t.stripePriceId).where(sql`${t.stripePriceId} is not null`),
    check('tier_prices_amount', sql`${t.unitAmount} >= 0`),
    check('tier_prices_currency', sql`${t.currency} ~ '^[A-Z]{3}$'`),
  ],
);

/** What a tier grants of one feature. No row = off and 0. */
export const tierLimits = pgTable(
  'tier_limits',
  {
    tierId: text()
      .notNull()
      .references(() => tiers.id, { onDelete: 'cascade' }),
    featureCode: text().notNull(),
    enabled: boolean().notNull(),
    /** Null = unlimited; of no meaning for a binary feature. */
    limitValue: amount(),
  },
  (t) => [
    primaryKey({ columns: [t.tierId, t.featureCode] }),
    check('tier_limits_value', sql`${t.limitValue} >= 0`),
  ],
);

/** What is sold beside a plan, of either kind. */
const extraColumns = () => ({
  id: id(),
  platformId: ref(() => platforms.id),
  code: text().notNull(),
  name: text().notNull(),
  currency: text().notNull(),
  unitAmount: amount().notNull(),
  isActive: boolean().notNull().default(true),
  displayOrder: integer().notNull().default(0),
  stripeProductId: text(),
  stripePriceId: text(),
  revision: integer().notNull().default(1),
  createdAt: writtenAt(),
});

/** A product that one store buys beside the plan. */
export const addOns = pgTable(
  'add_ons',
  {
    ...extraColumns(),
    description: text().notNull().default(''),
    category: text({ enum: ['domain', 'ssl', 'email', 'other'] }).notNull(),
    interval: text({ enum: ['month', 'year'] }).notNull(),
  },
  (t) => [
    uniqueIndex('add_ons_code').on(t.platformId, t.code),
    uniqueIndex('add_ons_price').on(t.stripePriceId).where(sql`${t.stripePriceId} is not null`),
    check('add_ons_amount', sql`${t.unitAmount} >= 0`),
  ],
);

/** What an add-on adds to a limit. */
export const addOnFeatures = pgTable(
  'add_on_features',
  {
    addOnId: text()
      .notNull()
      .references(() => addOns.id, { onDelete: 'cascade' }),
    featureCode: text().notNull(),
    amount: amount().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.addOnId, t.featureCode] }),
    check('add_on_features_amount', sql`${t.amount} >= 0`),
  ],
);

/** Credits sold once. */
export const creditPackages = pgTable(
  'credit_packages',
  {
    ...extraColumns(),
    credits: amount().notNull(),
  },
  (t) => [
    uniqueIndex('credit_packages_code').on(t.platformId, t.code),
    uniqueIndex('credit_packages_price').on(t.stripePriceId).where(sql`${t.stripePriceId} is not null`),
    check('credit_packages_credits', sql`${t.credits} > 0`),
    check('credit_packages_amount', sql`${t.unitAmount} >= 0`),
  ],
);

/** Replaced prices of add-ons and packages, so that what was bought under an old price still maps. */
export const retiredPrices = pgTable(
  'retired_prices',
  {
    stripePriceId: text().primaryKey(),
    addOnId: text().references(() => addOns.id, { onDelete: 'cascade' }),
    creditPackageId: text().references(() => creditPackages.id, { onDelete: 'cascade' }),
    /** When the push archived it at Stripe; null: the next push has to. */
    stripeArchivedAt: instant(),
    createdAt: writtenAt(),
  },
  (t) => [
    index('retired_prices_add_on').on(t.addOnId),
    index('retired_prices_package').on(t.creditPackageId),
  ],
);

/** Stripe products of deleted tiers, add-ons and packages: the next push archives them there, with their prices. */
export const retiredProducts = pgTable(
  'retired_products',
  {
    stripeProductId: text().primaryKey(),
    entity: text({ enum: ['tier', 'add_on', 'credit_package'] }).notNull(),
    /** Of the deleted row, for the audit trail. */
    entityId: text().notNull(),
    platformId: ref(() => platforms.id),
    code: text().notNull(),
    name: text().notNull(),
    /** When the push archived it; null: the next push has to. */
    stripeArchivedAt: instant(),
    createdAt: writtenAt(),
  },
  (t) => [index('retired_products_to_archive').on(t.createdAt).where(sql`${t.stripeArchivedAt} is null`)],
);
