import { sql } from 'drizzle-orm';
import {
  boolean,
  date,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
} from 'drizzle-orm/pg-core';
import { amount, id, instant, ref, writtenAt } from './columns';
import { merchants, platforms } from './tenancy';

export type Change = { entity: string; id: string; before: unknown; after: unknown };

/** The inbox: every event that Stripe delivered, and what became of it. */
export const webhookEvents = pgTable(
  'webhook_events',
  {
    /** Stripe's event id. */
    id: text().primaryKey(),
    type: text().notNull(),
    status: text({ enum: ['received', 'processed', 'failed', 'dead', 'ignored'] }).notNull(),
    reason: text(),
    attempts: integer().notNull().default(0),
    nextAttemptAt: instant(),
    /** Why it could not be applied, or was ignored: a code and its facts. `reason` is what a person said. */
    errorCode: text(),
    errorDetails: jsonb().$type<Record<string, unknown>>(),
    /** Which Stripe object it is about, and whose. */
    objectId: text(),
    stripeCustomerId: text(),
    merchantId: text(),
    apiVersion: text(),
    payload: jsonb().$type<Record<string, unknown>>().notNull(),
    changes: jsonb().$type<Change[]>().notNull().default([]),
    /** Stripe's `created`. */
    createdAt: instant().notNull(),
    /** Real time. */
    receivedAt: writtenAt(),
    processedAt: instant(),
  },
  (t) => [
    index('webhook_events_list').on(t.receivedAt.desc().nullsFirst(), t.id.desc().nullsFirst()),
    index('webhook_events_status')
      .on(t.status, t.receivedAt.desc().nullsFirst(), t.id.desc().nullsFirst())
      .where(sql`${t.status} <> 'processed'`),
    index('webhook_events_type').on(t.type, t.receivedAt.desc().nullsFirst(), t.id.desc().nullsFirst()),
    index('webhook_events_merchant').on(
      t.merchantId,
      t.receivedAt.desc().nullsFirst(),
      t.id.desc().nullsFirst(),
    ),
    index('webhook_events_due').on(t.nextAttemptAt).where(sql`${t.status} in ('received', 'failed')`),
    index('webhook_events_customer')
      .on(t.stripeCustomerId, t.id)
      .where(sql`${t.stripeCustomerId} is not null`),
  ],
);

export const actorKinds = ['user', 'api_key', 'job', 'stripe', 'system'] as const;

/** Who changed what, when. Written in the transaction of the change, never updated. */
export const auditLog = pgTable(
  'audit_log',
  {
    id: id(),
    /** `user`, `api_key`, `job`, `stripe` or `system`, and its id (for Stripe the event id). */
    actorKind: text({ enum: actorKinds }).notNull(),
    actorId: text().notNull(),
    action: text().notNull(),
    entity: text().notNull(),
    entityId: text().notNull(),
    merchantId: text(),
    platformId: text(),
    before: jsonb().$type<unknown>(),
    after: jsonb().$type<unknown>(),
    reason: text(),
    /** Business time. */
    at: instant().notNull(),
    createdAt: writtenAt(),
  },
  (t) => [
    index('audit_log_at').on(t.at.desc().nullsFirst(), t.id.desc().nullsFirst()),
    index('audit_log_merchant').on(t.merchantId, t.at.desc().nullsFirst(), t.id.desc().nullsFirst()),
    index('audit_log_entity').on(t.entity, t.entityId, t.at.desc().nullsFirst()),
    index('audit_log_kind').on(t.entity, t.at.desc().nullsFirst(), t.id.desc().nullsFirst()),
    index('audit_log_actor').on(t.actorId, t.at.desc().nullsFirst(), t.id.desc().nullsFirst()),
    index('audit_log_actor_kind').on(t.actorKind, t.at.desc().nullsFirst(), t.id.desc().nullsFirst()),
    index('audit_log_action').on(t.action, t.at.desc().nullsFirst(), t.id.desc().nullsFirst()),
  ],
);

/** Keys for machines. The secret is shown once and kept hashed. */
export const apiKeys = pgTable(
  'api_keys',
  {
    id: id(),
    name: text().notNull(),
    role: text({ enum: ['admin', 'support', 'usage'] }).notNull(),
    merchantId: text().references(() => merchants.id),
    secretHash: text().notNull().unique(),
    /** The first characters, to tell keys apart. */
    prefix: text().notNull(),
    /** Requests per minute; null = the default of api.md. */
    ratePerMinute: integer(),
    createdBy: text().notNull(),
    createdAt: writtenAt(),
    expiresAt: instant(),
    revokedAt: instant(),
    lastUsedAt: instant(),
  },
  (t) => [index('api_keys_created').on(t.createdAt, t.id), index('api_keys_merchant').on(t.merchantId)],
);

/** One run of one job. */
export const jobRuns = pgTable(
  'job_runs',
  {
    id: id(),
    job: text().notNull(),
    /** Business time it ran for. */
    at: instant().notNull(),
    startedAt: writtenAt(),
    finishedAt: instant(),
    outcome: text({ enum: ['ok', 'failed'] }),
    result: jsonb().$type<unknown>(),
    errorCode: text(),
    errorDetails: jsonb().$type<Record<string, unknown>>(),
    startedBy: text().notNull(),
  },
  (t) => [index('job_runs_job').on(t.job, t.startedAt.desc().nullsFirst())],
);

/** Differences between Tierline and Stripe that a person must decide, found by sync_stripe_status. */
export const stripeDifferences = pgTable(
  'stripe_differences',
  {
    id: id(),
    entity: text().notNull(),
    entityId: text().notNull(),
    merchantId: text(),
    kind: text().notNull(),
    local: jsonb().$type<unknown>(),
    stripe: jsonb().$type<unknown>(),
    foundAt: instant().notNull(),
    resolvedAt: instant(),
    resolution: text({ enum: ['repaired', 'dismissed', 'gone'] }),
    resolvedBy: text(),
    note: text(),
  },
  (t) => [
    uniqueIndex('stripe_differences_open')
      .on(t.entity, t.entityId, t.kind)
      .where(sql`${t.resolvedAt} is null`),
    index('stripe_differences_list').on(t.foundAt.desc().nullsFirst(), t.id.desc().nullsFirst()),
    index('stripe_differences_merchant').on(t.merchantId, t.foundAt.desc().nullsFirst()),
  ],
);

/** E-mails asked for, one row each, written with their cause; the worker sends them. `dedupeKey` = once. */
export const emails = pgTable(
  'emails',
  {
    id: id(),
    dedupeKey: text().notNull().unique(),
    template: text().notNull(),
    recipient: text().notNull(),
    locale: text().notNull(),
    merchantId: text(),
    data: jsonb().$type<Record<string, unknown>>().notNull(),
    status: text({ enum: ['queued', 'sent', 'failed'] })
      .notNull()
      .default('queued'),
    attempts: integer().notNull().default(0),
    error: text(),
    at: instant().notNull(),
    sentAt: instant(),
    createdAt: writtenAt(),
  },
  (t) => [
    index('emails_list').on(t.createdAt.desc().nullsFirst(), t.id.desc().nullsFirst()),
    index('emails_merchant').on(t.merchantId, t.createdAt.desc().nullsFirst()),
  ],
);

/** What an installation was on one day. */
export const capacitySnapshots = pgTable(
  'capacity_snapshots',
  {
    platformId: ref(() => platforms.id),
    day: date({ mode: 'string' }).notNull(),
    figures: jsonb().$type<Record<string, unknown>>().notNull(),
    createdAt: writtenAt(),
  },
  (t) => [primaryKey({ columns: [t.platformId, t.day] })],
);

/** Single facts of the installation that all processes share, e.g. the local clock's offset. */
export const settings = pgTable('settings', {
  name: text().primaryKey(),
  value: jsonb().$type<unknown>().notNull(),
  updatedAt: writtenAt(),
});

/** rate-limiter-flexible's own table, made by us so that it is in the migrations. */
export const rateLimits = pgTable('rate_limits', {
  key: text().primaryKey(),
  points: integer().notNull().default(0),
  expire: amount(),
});

/** Marks what the demo seed made, so that it is seeded once. */
export const seeds = pgTable('seeds', {
  name: text().primaryKey(),
  done: boolean().notNull(),
  createdAt: writtenAt(),
});
