import { sql } from 'drizzle-orm';
import { boolean, check, index, integer, pgTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core';
import { id, instant, ref, writtenAt } from './columns';

/** A commerce platform that sells its own tiers. */
export const platforms = pgTable(
  'platforms',
  {
    id: id(),
    code: text().notNull().unique(),
    name: text().notNull(),
    defaultCurrency: text().notNull().default('EUR'),
    /** Days of access after the first failed payment. */
    graceDays: integer().notNull().default(7),
    /** The tier code of a new merchant's local trial; null = no trial. */
    trialTierCode: text(),
    /** The tier code that remains when nothing is paid; null = nothing. */
    fallbackTierCode: text(),
    signUpOpen: boolean().notNull().default(true),
    createdAt: writtenAt(),
  },
  (t) => [check('platforms_grace_days', sql`${t.graceDays} between 0 and 90`)],
);

/** Who pays. Closing a merchant keeps the row and erases the person (`closedAt`). */
export const merchants = pgTable(
  'merchants',
  {
    id: id(),
    name: text().notNull(),
    email: text().notNull(),
    country: text(),
    createdAt: writtenAt(),
    closedAt: instant(),
  },
  (t) => [
    index('merchants_created').on(t.createdAt, t.id),
    index('merchants_email').on(sql`lower(${t.email})`),
    index('merchants_search').using('gin', sql`lower(${t.name} || ' ' || ${t.email}) gin_trgm_ops`),
  ],
);

/** A shop of one merchant on one platform. */
export const stores = pgTable(
  'stores',
  {
    id: id(),
    code: text().notNull(),
    name: text().notNull(),
    merchantId: ref(() => merchants.id),
    platformId: ref(() => platforms.id),
    createdAt: writtenAt(),
  },
  (t) => [
    uniqueIndex('stores_code').on(t.code),
    index('stores_owner').on(t.merchantId, t.platformId),
    index('stores_created').on(t.createdAt, t.id),
    index('stores_search').using('gin', sql`lower(${t.code} || ' ' || ${t.name}) gin_trgm_ops`),
  ],
);

/** A person who signs in. Staff have `staffRole`; owners and members have memberships. */
export const users = pgTable(
  'users',
  {
    id: id(),
    email: text().notNull(),
    name: text().notNull(),
    /** argon2id; null = may only use a magic link. */
    passwordHash: text(),
    staffRole: text({ enum: ['admin', 'support'] }),
    locale: text(),
    /** Raised to sign the person out everywhere: sessions carry the number they were made with. */
    sessionVersion: integer().notNull().default(1),
    disabledAt: instant(),
    createdAt: writtenAt(),
  },
  (t) => [
    uniqueIndex('users_email').on(sql`lower(${t.email})`),
    index('users_staff').on(t.staffRole).where(sql`${t.staffRole} is not null`),
    index('users_created').on(t.createdAt, t.id),
    index('users_search').using('gin', sql`lower(${t.name} || ' ' || ${t.email}) gin_trgm_ops`),
  ],
);

/** Who belongs to which merchant. One owner or more; members see and change nothing in billing. */
export const memberships = pgTable(
  'memberships',
  {
    merchantId: ref(() => merchants.id),
    userId: ref(() => users.id),
    role: text({ enum: ['owner', 'member'] }).notNull(),
    /** The store whose team the member was invited to; the owner has none. */
    storeId: text().references(() => stores.id),
    createdAt: writtenAt(),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.userId] }),
    index('memberships_user').on(t.userId),
    index('memberships_role').on(t.role, t.createdAt, t.userId),
  ],
);

/** A pending place in the team. It takes a unit of max_team_members until accepted (then the member does), withdrawn or expired. */
export const invitations = pgTable(
  'invitations',
  {
    id: id(),
    merchantId: ref(() => merchants.id),
    platformId: ref(() => platforms.id),
    storeId: ref(() => stores.id),
    email: text().notNull(),
    tokenHash: text().notNull().unique(),
    invitedBy: text().references(() => users.id),
    expiresAt: instant().notNull(),
    /** Null while pending. */
    closedAt: instant(),
    outcome: text({ enum: ['accepted', 'withdrawn', 'expired'] }),
    createdAt: writtenAt(),
  },
  (t) => [
    uniqueIndex('invitations_pending')
      .on(t.merchantId, sql`lower(${t.email})`)
      .where(sql`${t.closedAt} is null`),
    index('invitations_store').on(t.storeId, t.createdAt),
    index('invitations_due').on(t.expiresAt).where(sql`${t.closedAt} is null`),
    check('invitations_outcome', sql`(${t.closedAt} is null) = (${t.outcome} is null)`),
  ],
);

/** One-time links: magic sign-in and password reset. Only the hash is kept. */
export const signInTokens = pgTable(
  'sign_in_tokens',
  {
    tokenHash: text().primaryKey(),
    userId: ref(() => users.id),
    purpose: text({ enum: ['sign_in', 'reset_password'] }).notNull(),
    expiresAt: instant().notNull(),
    usedAt: instant(),
    createdAt: writtenAt(),
  },
  (t) => [index('sign_in_tokens_user').on(t.userId), index('sign_in_tokens_expiry').on(t.expiresAt)],
);
