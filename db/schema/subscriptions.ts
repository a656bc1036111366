import { sql } from 'drizzle-orm';
import {
  boolean,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
} from 'drizzle-orm/pg-core';
import { amount, id, instant, ref, writtenAt } from './columns';
import { addOns, tiers } from './plans';
import { merchants, platforms, stores } from './tenancy';

/** Stripe's own statuses, and `expired`: a local trial that lapsed. `none` is no row. */
export const subscriptionStatuses = [
  'trialing',
  'active',
  'past_due',
  'unpaid',
  'paused',
  'incomplete',
  'incomplete_expired',
  'canceled',
  'expired',
] as const;

/**
 * A merchant as Stripe's customer: one per merchant, all platforms. Its row is the lock for everything that Stripe
 * tells us about the merchant. Billing details are ours, pushed to Stripe, and taken back from customer.* events.
 */
export const customers = pgTable(
  'customers',
  {
    merchantId: text()
      .primaryKey()
      .references(() => merchants.id),
    stripeCustomerId: text(),
    name: text().notNull().default(''),
    email: text().notNull().default(''),
    line1: text().notNull().default(''),
    line2: text().notNull().default(''),
    postalCode: text().notNull().default(''),
    city: text().notNull().default(''),
    state: text().notNull().default(''),
    country: text().notNull().default(''),
    /** As it is checked, and as it was typed. */
    vatNumber: text(),
    vatTyped: text(),
    vatStatus: text({ enum: ['none', 'pending', 'valid', 'invalid', 'unavailable'] })
      .notNull()
      .default('none'),
    /** When VIES gave the verdict that stands, under which consultation number, its answer as it came, and whom it names. */
    vatCheckedAt: instant(),
    vatConsultationNumber: text(),
    vatProof: jsonb().$type<Record<string, unknown>>(),
    vatName: text(),
    vatAddress: text(),
    /** When VIES is asked next; how often in a row it gave no answer, and its last code for why. */
    vatNextCheckAt: instant(),
    vatFailures: integer().notNull().default(0),
    vatTrouble: text(),
    /** The customer's tax ids as Stripe last showed them; one that `leaving` says is being taken away by us. */
    taxIds: jsonb().$type<KeptTaxId[]>().notNull().default([]),
    /** Which of them is our number, if it stands there. */
    stripeTaxId: text(),
    /** Who owes the VAT as it was last weighed (`taxTreatment`), and why. */
    treatment: text({ enum: ['charge', 'domestic', 'reverse', 'outside', 'exempt'] })
      .notNull()
      .default('charge'),
    treatmentReason: text().notNull().default('unweighed'),
    /** What stands at Stripe. */
    taxExempt: text({ enum: ['none', 'reverse', 'exempt'] })
      .notNull()
      .default('none'),
    /** What is taken off the invoices of each subscription that has no discount of its own; null: nothing, or not told yet. */
    discount: jsonb().$type<KeptDiscount>(),
    cardBrand: text(),
    cardLast4: text(),
    cardExpMonth: integer(),
    cardExpYear: integer(),
    /** Stripe's moment of the newest customer snapshot applied, and how many were. */
    syncedAt: instant(),
    syncNumber: integer().notNull().default(0),
    deletedAtStripe: instant(),
    createdAt: writtenAt(),
  },
  (t) => [
    uniqueIndex('customers_stripe').on(t.stripeCustomerId).where(sql`${t.stripeCustomerId} is not null`),
    index('customers_vat').on(t.vatNumber).where(sql`${t.vatNumber} is not null`),
    index('customers_vat_check').on(t.vatNextCheckAt).where(sql`${t.vatNumber} is not null`),
  ],
);

/** `leaving`: we are taking it away. An id of `given`: we are giving it, see lib/billing/mirror/tax-ids.ts. */
/** A discount as it is kept; `end` in ISO 8601. */
export type KeptDiscount = {
  id: string;
  name: string;
  percentOff: number | null;
  amountOff: number | null;
  currency: string | null;
  duration: string;
  end: string | null;
};
export type KeptTaxId = { id: string; type: string; value: string; leaving?: true };

/**
 * One merchant on one platform: which of its subscriptions counts, whether the trial was used, and the running billing
 * month (kept, not computed: a changed anchor may only move its end, so switching back and forth never yields quota).
 */
export const billingAccounts = pgTable(
  'billing_accounts',
  {
    merchantId: ref(() => merchants.id),
    platformId: ref(() => platforms.id),
    currentSubscriptionId: text(),
    trialUsedAt: instant(),
    /** Anchor of the billing months; month ends are counted from it (Jan 31 → Feb 28 → Mar 31). */
    anchorAt: instant().notNull(),
    /** The running billing month; past `monthEnd` the month follows from `anchorAt`. */
    monthStart: instant().notNull(),
    monthEnd: instant().notNull(),
    createdAt: writtenAt(),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.platformId] }),
    index('billing_accounts_current').on(t.currentSubscriptionId),
    index('billing_accounts_month').on(t.monthEnd),
    check('billing_accounts_month_order', sql`${t.monthStart} < ${t.monthEnd}`),
  ],
);

/**
 * Every base subscription a merchant ever had on a platform: local trials and comps (no `stripeSubscriptionId`) and
 * Stripe's. Stripe-owned columns are written by lib/billing/sync alone.
 */
export const subscriptions = pgTable(
  'subscriptions',
  {
    id: id(),
    merchantId: ref(() => merchants.id),
    platformId: ref(() => platforms.id),
    /** Only the current one of an account counts; the index below allows one. */
    isCurrent: boolean().notNull().default(false),
    tierId: ref(() => tiers.id),
    status: text({ enum: subscriptionStatuses }).notNull(),
    stripeSubscriptionId: text(),
    stripeScheduleId: text(),
    interval: text({ enum: ['month', 'year'] })
      .notNull()
      .default('month'),
    currency: text().notNull(),
    /** The plan item's price per interval, before discounts. */
    unitAmount: amount().notNull().default(0),
    /** Monthly recurring revenue: net of tax, after recurring discounts, add-on items included; see lib/billing/metrics. */
    mrrCents: amount().notNull().default(0),
    startedAt: instant().notNull(),
    currentPeriodStart: instant(),
    currentPeriodEnd: instant(),
    trialEnd: instant(),
    cancelAt: instant(),
    cancelAtPeriodEnd: boolean().notNull().default(false),
    cancelReason: text(),
    canceledAt: instant(),
    endedAt: instant(),
    pausedCollection: boolean().notNull().default(false),
    /** Whether Stripe Tax computes its tax; why Stripe turned that off, where it did. */
    automaticTax: boolean().notNull().default(false),
    taxDisabledReason: text(),
    discounts: jsonb().$type<unknown[]>(),
    /** A change decided but not in force: a schedule's next phase. */
    pendingTierId: text().references(() => tiers.id),
    pendingInterval: text({ enum: ['month', 'year'] }),
    pendingAt: instant(),
    /** What it will cost per interval, where the price was agreed with this merchant; null = the tier's own price. */
    pendingUnitAmount: amount(),
    /** An upgrade that waits for its payment (Stripe's pending_update), and where to pay it. */
    pendingPaymentUrl: text(),
    pendingPaymentUntil: instant(),
    /** First failure of the open dunning; grace counts from here. */
    pastDueSince: instant(),
    graceUntil: instant(),
    attemptCount: integer().notNull().default(0),
    nextAttemptAt: instant(),
    amountDue: amount().notNull().default(0),
    failureCode: text(),
    /**
     * More may be used than is granted: raised by triggers when something changes that could make it so, lowered by
     * `sweepOverLimits`. Who is really over is decided when it is asked.
     */
    mayBeOver: boolean().notNull().default(true),
    /** Stripe's moment of the newest snapshot applied (whole seconds), and how many were applied. */
    syncedAt: instant(),
    syncNumber: integer().notNull().default(0),
    createdAt: writtenAt(),
    updatedAt: writtenAt(),
  },
  (t) => [
    uniqueIndex('subscriptions_current').on(t.merchantId, t.platformId).where(sql`${t.isCurrent}`),
    uniqueIndex('subscriptions_stripe')
      .on(t.stripeSubscriptionId)
      .where(sql`${t.stripeSubscriptionId} is not null`),
    index('subscriptions_account').on(t.merchantId, t.platformId, t.startedAt),
    index('subscriptions_list')
      .on(t.startedAt.desc().nullsFirst(), t.id.desc().nullsFirst())
      .where(sql`${t.isCurrent}`),
    index('subscriptions_period_end')
      .on(sql`coalesce(${t.currentPeriodEnd}, 'infinity') desc nulls first`, t.id.desc().nullsFirst())
      .where(sql`${t.isCurrent}`),
    index('subscriptions_mrr')
      .on(t.mrrCents.desc().nullsFirst(), t.id.desc().nullsFirst())
      .where(sql`${t.isCurrent}`),
    index('subscriptions_status')
      .on(t.platformId, t.status, t.startedAt.desc().nullsFirst(), t.id.desc().nullsFirst())
      .where(sql`${t.isCurrent}`),
    index('subscriptions_tier')
      .on(t.tierId, t.startedAt.desc().nullsFirst(), t.id.desc().nullsFirst())
      .where(sql`${t.isCurrent}`),
    /** Whether anybody ever had a tier. */
    index('subscriptions_former_tier').on(t.tierId).where(sql`not ${t.isCurrent}`),
    index('subscriptions_pending_tier').on(t.pendingTierId).where(sql`${t.pendingTierId} is not null`),
    index('subscriptions_cancelling')
      .on(t.startedAt.desc().nullsFirst(), t.id.desc().nullsFirst())
      .where(sql`${t.isCurrent} and ${t.cancelAt} is not null`),
    index('subscriptions_over')
      .on(t.startedAt.desc().nullsFirst(), t.id.desc().nullsFirst())
      .where(sql`${t.isCurrent} and ${t.mayBeOver}`),
    index('subscriptions_given')
      .on(t.cancelAt)
      .where(sql`${t.stripeSubscriptionId} is null and ${t.status} = 'active' and ${t.cancelAt} is not null`),
    index('subscriptions_trials')
      .on(t.trialEnd)
      .where(sql`${t.stripeSubscriptionId} is null and ${t.status} = 'trialing'`),
    index('subscriptions_untaxed').on(t.merchantId).where(sql`${t.taxDisabledReason} is not null`),
    index('subscriptions_ended').on(t.endedAt).where(sql`${t.endedAt} is not null`),
    check('subscriptions_pending', sql`(${t.pendingTierId} is null) = (${t.pendingAt} is null)`),
  ],
);

/** An add-on that a store has: its own Stripe subscription, or an item on the base one (imports). */
export const storeAddOns = pgTable(
  'store_add_ons',
  {
    id: id(),
    merchantId: ref(() => merchants.id),
    platformId: ref(() => platforms.id),
    storeId: ref(() => stores.id),
    addOnId: ref(() => addOns.id),
    stripeSubscriptionId: text().notNull(),
    stripeItemId: text().notNull().unique(),
    /** An item of a plan's subscription: it is billed with the plan and cannot end by itself with the period. */
    isOnPlan: boolean().notNull().default(false),
    status: text({ enum: subscriptionStatuses }).notNull(),
    quantity: integer().notNull().default(1),
    domain: text(),
    currentPeriodStart: instant(),
    currentPeriodEnd: instant(),
    cancelAt: instant(),
    cancelAtPeriodEnd: boolean().notNull().default(false),
    endedAt: instant(),
    currency: text().notNull(),
    automaticTax: boolean().notNull().default(false),
    taxDisabledReason: text(),
    mrrCents: amount().notNull().default(0),
    syncedAt: instant(),
    syncNumber: integer().notNull().default(0),
    createdAt: writtenAt(),
  },
  (t) => [
    index('store_add_ons_account').on(t.merchantId, t.platformId),
    index('store_add_ons_store').on(t.storeId),
    index('store_add_ons_subscription').on(t.stripeSubscriptionId),
    index('store_add_ons_product').on(t.addOnId),
    /** One live holder per domain in all of Tierline. */
    uniqueIndex('store_add_ons_domain')
      .on(sql`lower(${t.domain})`)
      .where(sql`${t.domain} is not null and ${t.endedAt} is null`),
    check('store_add_ons_quantity', sql`${t.quantity} > 0`),
  ],
);

/** An open or finished Checkout session of ours: what was chosen, by whom. At most one open per account and kind and store. */
export const checkoutSessions = pgTable(
  'checkout_sessions',
  {
    id: id(),
    merchantId: ref(() => merchants.id),
    platformId: ref(() => platforms.id),
    storeId: text().references(() => stores.id),
    kind: text({ enum: ['plan', 'add_on', 'credits'] }).notNull(),
    /** What was chosen, e.g. `professional:month:EUR` or `domain:shop.example`. Same choice = same session. */
    choice: text().notNull(),
    domain: text(),
    /** Null for the moment between taking the place and Stripe's answer. */
    stripeSessionId: text(),
    url: text(),
    status: text({ enum: ['open', 'complete', 'expired'] })
      .notNull()
      .default('open'),
    createdBy: text(),
    expiresAt: instant().notNull(),
    createdAt: writtenAt(),
  },
  (t) => [
    uniqueIndex('checkout_sessions_stripe')
      .on(t.stripeSessionId)
      .where(sql`${t.stripeSessionId} is not null`),
    uniqueIndex('checkout_sessions_open_plan')
      .on(t.merchantId, t.platformId)
      .where(sql`${t.kind} = 'plan' and ${t.status} = 'open'`),
    /** Two open sessions may not hold one domain. */
    uniqueIndex('checkout_sessions_domain')
      .on(sql`lower(${t.domain})`)
      .where(sql`${t.domain} is not null and ${t.status} = 'open'`),
    index('checkout_sessions_account').on(t.merchantId, t.platformId, t.status),
    index('checkout_sessions_stale').on(t.createdAt).where(sql`${t.status} = 'open'`),
  ],
);

/** Stripe's invoices, mirrored. */
export const invoices = pgTable(
  'invoices',
  {
    id: id(),
    stripeInvoiceId: text().notNull().unique(),
    merchantId: ref(() => merchants.id),
    platformId: ref(() => platforms.id),
    stripeSubscriptionId: text(),
    kind: text({ enum: ['plan', 'add_on', 'credits'] }).notNull(),
    number: text(),
    status: text({ enum: ['draft', 'open', 'paid', 'void', 'uncollectible'] }).notNull(),
    billingReason: text(),
    currency: text().notNull(),
    subtotal: amount().notNull(),
    tax: amount().notNull(),
    /** Stripe's reason for its tax (`reverse_charge`, `standard_rated`, …), and the customer as the invoice has it. */
    taxReason: text(),
    automaticTax: boolean().notNull().default(false),
    taxDisabledReason: text(),
    customerCountry: text(),
    customerVatNumber: text(),
    customerTaxExempt: text(),
    /** Why it went out without VAT that was perhaps due; a person decides (`vat_decisions`). */
    vatIssue: text({
      enum: ['number_unproven', 'exempt_unproven', 'domestic', 'tax_disabled', 'not_collected'],
    }),
    /** Why Stripe could not finalise it. */
    finalizationError: text(),
    total: amount().notNull(),
    amountDue: amount().notNull(),
    amountPaid: amount().notNull(),
    refunded: amount().notNull().default(0),
    credited: amount().notNull().default(0),
    disputedAt: instant(),
    disputeStatus: text(),
    attemptCount: integer().notNull().default(0),
    nextAttemptAt: instant(),
    failureCode: text(),
    failureMessage: text(),
    issuedAt: instant().notNull(),
    dueAt: instant(),
    paidAt: instant(),
    periodStart: instant(),
    periodEnd: instant(),
    hostedInvoiceUrl: text(),
    invoicePdf: text(),
    lines: jsonb().$type<InvoiceLine[]>().notNull().default([]),
    syncedAt: instant(),
    syncNumber: integer().notNull().default(0),
    createdAt: writtenAt(),
  },
  (t) => [
    index('invoices_account').on(
      t.merchantId,
      t.platformId,
      t.issuedAt.desc().nullsFirst(),
      t.id.desc().nullsFirst(),
    ),
    index('invoices_subscription').on(t.stripeSubscriptionId, t.issuedAt.desc().nullsFirst()),
    index('invoices_number').on(t.number),
    index('invoices_open').on(t.status, t.nextAttemptAt).where(sql`${t.status} = 'open'`),
    index('invoices_list').on(t.issuedAt.desc().nullsFirst(), t.id.desc().nullsFirst()),
    index('invoices_vat')
      .on(t.issuedAt.desc().nullsFirst(), t.id.desc().nullsFirst())
      .where(sql`${t.vatIssue} is not null`),
    index('invoices_stuck')
      .on(t.issuedAt.desc().nullsFirst(), t.id.desc().nullsFirst())
      .where(sql`${t.finalizationError} is not null`),
  ],
);

export type InvoiceLine = {
  id: string;
  description: string;
  amount: number;
  priceId: string | null;
  quantity: number;
  proration: boolean;
  periodStart: number;
  periodEnd: number;
};

/** Which invoice a charge or payment intent belongs to: refunds and disputes name only these. */
export const invoicePayments = pgTable(
  'invoice_payments',
  {
    reference: text().primaryKey(),
    stripeInvoiceId: text(),
    stripeSessionId: text(),
    merchantId: ref(() => merchants.id),
    createdAt: writtenAt(),
  },
  (t) => [index('invoice_payments_invoice').on(t.stripeInvoiceId)],
);

/** Refunds, credit notes and disputes, as Stripe last told them. */
export const moneyBack = pgTable(
  'money_back',
  {
    stripeId: text().primaryKey(),
    kind: text({ enum: ['refund', 'credit_note', 'dispute'] }).notNull(),
    merchantId: ref(() => merchants.id),
    platformId: ref(() => platforms.id),
    invoiceId: text().references(() => invoices.id),
    amount: amount().notNull(),
    currency: text().notNull(),
    status: text().notNull(),
    reason: text(),
    at: instant().notNull(),
    syncedAt: instant(),
    createdAt: writtenAt(),
  },
  (t) => [
    index('money_back_account').on(t.merchantId, t.platformId, t.at),
    index('money_back_invoice').on(t.invoiceId),
  ],
);

/** Each change of recurring revenue, written with the change itself: the movements of /admin are sums of these rows. */
export const mrrMovements = pgTable(
  'mrr_movements',
  {
    id: id(),
    merchantId: ref(() => merchants.id),
    platformId: ref(() => platforms.id),
    currency: text().notNull(),
    kind: text({ enum: ['new', 'expansion', 'contraction', 'churn', 'reactivation'] }).notNull(),
    delta: amount().notNull(),
    /** The account's revenue in this currency after the change. */
    after: amount().notNull(),
    at: instant().notNull(),
    createdAt: writtenAt(),
  },
  (t) => [
    index('mrr_movements_at').on(t.platformId, t.at),
    index('mrr_movements_account').on(t.merchantId, t.platformId, t.at),
  ],
);
