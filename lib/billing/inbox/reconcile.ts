import { and, asc, eq, gt, inArray, isNotNull, isNull } from 'drizzle-orm';
import type Stripe from 'stripe';
import type { Db } from '@/db/client';
import { newId } from '@/db/ids';
import {
  type Change,
  checkoutSessions,
  customers,
  invoices,
  storeAddOns,
  stripeDifferences,
  subscriptions,
  webhookEvents,
} from '@/db/schema';
import type { Actor } from '@/lib/billing/audit';
import { customerMirror } from '@/lib/billing/mirror/customer';
import { invoiceMirror } from '@/lib/billing/mirror/invoice';
import { type Mirror, Unplaced } from '@/lib/billing/mirror/mirror';
import { sessionMirror } from '@/lib/billing/mirror/session';
import { settle } from '@/lib/billing/mirror/settle';
import { subscriptionMirror } from '@/lib/billing/mirror/subscription';
import { LIVE } from '@/lib/billing/statuses';
import { log } from '@/lib/log';
import { callStripe, isRefused, stripeError } from '@/lib/stripe/client';
import { StripeUnavailable } from '@/lib/stripe/errors';
import { type InvoiceSnapshot, readInvoice } from '@/lib/stripe/invoice-snapshot';
import { addDays, toUnix } from '@/lib/time';
import { receiveEvent } from './receive';
import { handledTypes } from './rings';

export type Difference = {
  entity: string;
  id: string;
  merchantId: string | null;
  kind: string;
  local: unknown;
  stripe: unknown;
  /** Repaired = it was safe and is done (in a dry run: would be). Otherwise a person decides. */
  repaired: boolean;
};

export type ReconcileReport = {
  merchants: number;
  missedEvents: number;
  repaired: number;
  ambiguous: number;
  /** Merchants that could not be compared, for a fault of ours or of their data; the others were. */
  failed: string[];
  dryRun: boolean;
  differences: Difference[];
};

export type ReconcileOptions = {
  now: Date;
  actor: Actor;
  livemode: boolean;
  merchantId?: string;
  dryRun?: boolean;
  /** Told after each merchant. */
  onProgress?: (done: number) => void;
};

/** How far back Stripe's event list reaches. */
const EVENT_DAYS = 30;
const KEPT_DIFFERENCES = 200;
/** Merchants looked at side by side; well below Stripe's rate limit. */
const AT_ONCE = 6;

/**
 * Compares our rows with Stripe's objects: the subscriptions with items and schedules, invoices and customers of one
 * merchant or all. What only lags is brought to Stripe's state by the usual writer and recorded; what two sides claim
 * differently is listed for a person, once. First the events that never arrived are taken in from Stripe's own list.
 * Convergent; a dry run takes the same path and writes nothing. One merchant that cannot be compared keeps nobody else from it.
 * @throws StripeUnavailable; asked for one merchant, whatever kept it from being compared
 */
export async function reconcileStripe(
  db: Db,
  stripe: Stripe,
  options: ReconcileOptions,
): Promise<ReconcileReport> {
  const report: ReconcileReport = {
    merchants: 0,
    missedEvents: 0,
    repaired: 0,
    ambiguous: 0,
    failed: [],
    dryRun: options.dryRun ?? false,
    differences: [],
  };
  if (!options.merchantId) report.missedEvents = await takeMissedEvents(db, stripe, options);
  const everybody = eachCustomer(db, options.merchantId);
  const look = async (customer: Known) => {
    const found = await reconcileCustomer(db, stripe, customer, options);
    for (const difference of found) {
      if (difference.repaired) report.repaired++;
      else report.ambiguous++;
      if (report.differences.length < KEPT_DIFFERENCES) report.differences.push(difference);
    }
    if (!report.dryRun) await keepDifferences(db, customer.merchantId, found, options.now);
    report.merchants++;
    options.onProgress?.(report.merchants);
  };
  let stopped: unknown;
  const work = async () => {
    try {
      for (
        let next = await everybody.next();
        !next.done && stopped === undefined;
        next = await everybody.next()
      ) {
        const customer = next.value;
        await look(customer).catch((error: unknown) => {
          if (options.merchantId || error instanceof StripeUnavailable) throw error;
          log.error({ error, merchant: customer.merchantId }, 'a merchant could not be compared with Stripe');
          report.failed.push(customer.merchantId);
        });
      }
    } catch (error) {
      stopped ??= error; // The others end with the merchant they are at.
    }
  };
  // Customers are independent; most of the time is spent waiting for Stripe.
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  if (stopped !== undefined) throw stopped;
  return report;
}

type Known = { merchantId: string; stripeCustomerId: string };

async function* eachCustomer(db: Db, merchantId?: string): AsyncGenerator<Known> {
  let after = '';
  for (;;) {
    const page = await db
      .select({ merchantId: customers.merchantId, stripeCustomerId: customers.stripeCustomerId })
      .from(customers)
      .where(
        and(
          isNotNull(customers.stripeCustomerId),
          isNull(customers.deletedAtStripe),
          merchantId ? eq(customers.merchantId, merchantId) : gt(customers.merchantId, after),
        ),
      )
      .orderBy(asc(customers.merchantId))
      .limit(200);
    for (const row of page) {
      if (row.stripeCustomerId) yield { merchantId: row.merchantId, stripeCustomerId: row.stripeCustomerId };
    }
    after = page.at(-1)?.merchantId ?? '';
    if (page.length < 200 || merchantId) return;
  }
}

/** Takes in the events of the last 30 days that the inbox does not know. */
export async function takeMissedEvents(db: Db, stripe: Stripe, options: ReconcileOptions): Promise<number> {
  const since = toUnix(addDays(options.now, -EVENT_DAYS));
  let missed = 0;
  let batch: Stripe.Event[] = [];
  const flush = async () => {
    if (batch.length === 0) return;
    const ids = batch.map((event) => event.id);
    const known = await db
      .select({ id: webhookEvents.id })
      .from(webhookEvents)
      .where(inArray(webhookEvents.id, ids));
    const have = new Set(known.map((row) => row.id));
    // Oldest first: most then apply by themselves.
    for (const event of batch.filter((one) => !have.has(one.id)).reverse()) {
      missed++;
      if (!options.dryRun) {
        await receiveEvent(
          db,
          { stripe, livemode: options.livemode, now: options.now },
          JSON.stringify(event),
        );
      }
    }
    batch = [];
  };
  const types = new Set(handledTypes);
  await callStripe(async () => {
    for await (const event of stripe.events.list({ created: { gte: since }, limit: 100 })) {
      if (!types.has(event.type)) continue;
      batch.push(event);
      if (batch.length === 100) await flush();
    }
  });
  await flush();
  return missed;
}

async function reconcileCustomer(
  db: Db,
  stripe: Stripe,
  of: Known,
  options: ReconcileOptions,
): Promise<Difference[]> {
  const found: Difference[] = [];
  const check = { db, stripe, options, merchantId: of.merchantId, found };
  const customer = await callStripe(() => customerMirror.fetch(stripe, of.stripeCustomerId)).catch(orMissing);
  if (!customer) {
    found.push(difference('customer', of.stripeCustomerId, of.merchantId, 'missing_at_stripe', of, null));
    return found;
  }
  await compare(check, customerMirror, 'customer', of.stripeCustomerId);
  const theirs = await listAll(stripe, of.stripeCustomerId);
  for (const id of theirs.subscriptions) await compare(check, subscriptionMirror, 'subscription', id);
  for (const id of await invoicesThatDiffer(db, of.merchantId, theirs.bills)) {
    await compare(check, invoiceMirror, 'invoice', id);
  }
  for (const id of await openSessions(db, of.merchantId)) await compare(check, sessionMirror, 'checkout', id);
  found.push(...(await findOrphans(db, of.merchantId, theirs)), ...(await findDoubles(db, of.merchantId)));
  return found;
}

async function listAll(stripe: Stripe, customer: string) {
  return callStripe(async () => {
    const found = { subscriptions: [] as string[], bills: [] as InvoiceSnapshot[] };
    for await (const one of stripe.subscriptions.list({ customer, status: 'all', limit: 100 })) {
      found.subscriptions.push(one.id);
    }
    for await (const one of stripe.invoices.list({ customer, limit: 100 }))
      found.bills.push(readInvoice(one));
    return found;
  });
}

/** Those whose row is missing or says otherwise: years of settled invoices need no fetch each. */
async function invoicesThatDiffer(db: Db, merchantId: string, bills: InvoiceSnapshot[]): Promise<string[]> {
  const rows = await db.select().from(invoices).where(eq(invoices.merchantId, merchantId));
  const byId = new Map(rows.map((row) => [row.stripeInvoiceId, row]));
  return bills
    .filter((bill) => {
      const row = byId.get(bill.id);
      return !(
        row &&
        row.status === bill.status &&
        row.number === bill.number &&
        row.total === bill.total &&
        row.amountDue === bill.amountDue &&
        row.amountPaid === bill.amountPaid &&
        row.attemptCount === bill.attemptCount &&
        row.credited === bill.credited
      );
    })
    .map((bill) => bill.id);
}

/** Sessions that are open to us: Stripe may have closed them, and a paid one must not be lost with its event. */
async function openSessions(db: Db, merchantId: string): Promise<string[]> {
  const rows = await db
    .select({ id: checkoutSessions.stripeSessionId })
    .from(checkoutSessions)
    .where(and(eq(checkoutSessions.merchantId, merchantId), eq(checkoutSessions.status, 'open')));
  return rows.flatMap((row) => row.id ?? []);
}

type CheckOf = { db: Db; stripe: Stripe; options: ReconcileOptions; merchantId: string; found: Difference[] };

class DryRun extends Error {}

/** One object: what the usual writer would change is the difference. */
async function compare<S>(check: CheckOf, mirror: Mirror<S>, entity: string, id: string): Promise<void> {
  const { db, stripe, options, merchantId, found } = check;
  let changes: Change[] = [];
  try {
    await settle(db, stripe, mirror, id, options, async (_tx, outcome) => {
      changes = outcome.kind === 'applied' ? outcome.changes : [];
      if (options.dryRun) throw new DryRun();
    });
  } catch (error) {
    if (error instanceof Unplaced) {
      found.push(difference(entity, id, merchantId, error.code, null, error.details));
      return;
    }
    if (!(error instanceof DryRun)) throw error;
  }
  for (const change of changes) {
    found.push({
      ...difference(change.entity, change.id, merchantId, 'lagged', change.before, change.after),
      repaired: true,
    });
  }
}

const difference = (
  entity: string,
  id: string,
  merchantId: string | null,
  kind: string,
  local: unknown,
  stripe: unknown,
): Difference => ({ entity, id, merchantId, kind, local, stripe, repaired: false });

/** Rows of ours that live and that Stripe does not know. */
async function findOrphans(
  db: Db,
  merchantId: string,
  theirs: { subscriptions: string[]; bills: InvoiceSnapshot[] },
) {
  const known = new Set([...theirs.subscriptions, ...theirs.bills.map((bill) => bill.id)]);
  const [plans, addOnRows, bills] = await Promise.all([
    db
      .select({
        id: subscriptions.id,
        stripeId: subscriptions.stripeSubscriptionId,
        status: subscriptions.status,
      })
      .from(subscriptions)
      .where(
        and(
          eq(subscriptions.merchantId, merchantId),
          isNotNull(subscriptions.stripeSubscriptionId),
          inArray(subscriptions.status, LIVE),
        ),
      ),
    db
      .select({ id: storeAddOns.id, stripeId: storeAddOns.stripeSubscriptionId, status: storeAddOns.status })
      .from(storeAddOns)
      .where(and(eq(storeAddOns.merchantId, merchantId), isNull(storeAddOns.endedAt))),
    db
      .select({ id: invoices.id, stripeId: invoices.stripeInvoiceId, status: invoices.status })
      .from(invoices)
      .where(and(eq(invoices.merchantId, merchantId), eq(invoices.status, 'open'))),
  ]);
  const named = [
    ...plans.map((row) => ({ ...row, entity: 'subscription' })),
    ...addOnRows.map((row) => ({ ...row, entity: 'add_on' })),
    ...bills.map((row) => ({ ...row, entity: 'invoice' })),
  ];
  return named
    .filter((row) => row.stripeId !== null && !known.has(row.stripeId))
    .map((row) =>
      difference(
        row.entity,
        row.id,
        merchantId,
        'missing_at_stripe',
        { id: row.stripeId, status: row.status },
        null,
      ),
    );
}

/** Two live base subscriptions on one platform: a person decides which one stays. */
async function findDoubles(db: Db, merchantId: string): Promise<Difference[]> {
  const live = await db
    .select({
      platformId: subscriptions.platformId,
      stripeId: subscriptions.stripeSubscriptionId,
      isCurrent: subscriptions.isCurrent,
    })
    .from(subscriptions)
    .where(
      and(
        eq(subscriptions.merchantId, merchantId),
        isNotNull(subscriptions.stripeSubscriptionId),
        inArray(subscriptions.status, LIVE),
      ),
    );
  const platforms = [...new Set(live.map((row) => row.platformId))];
  return platforms.flatMap((platformId) => {
    const rows = live.filter((row) => row.platformId === platformId);
    if (rows.length < 2) return [];
    const current = rows.find((row) => row.isCurrent)?.stripeId ?? null;
    return [
      difference(
        'account',
        `${merchantId}:${platformId}`,
        merchantId,
        'two_live_subscriptions',
        { current },
        {
          subscriptions: rows.map((row) => row.stripeId),
        },
      ),
    ];
  });
}

const orMissing = (error: unknown): null => {
  if (isRefused(error) && stripeError(error)?.statusCode === 404) return null;
  throw error;
};

/** Keeps what was found: repairs as done, the rest open once; what is no longer found is closed as gone. */
async function keepDifferences(db: Db, merchantId: string, found: Difference[], now: Date): Promise<void> {
  await db.transaction(async (tx) => {
    const open = await tx
      .select()
      .from(stripeDifferences)
      .where(and(eq(stripeDifferences.merchantId, merchantId), isNull(stripeDifferences.resolvedAt)));
    const still = new Set(
      found.filter((one) => !one.repaired).map((one) => `${one.entity}/${one.id}/${one.kind}`),
    );
    const gone = open
      .filter((row) => !still.has(`${row.entity}/${row.entityId}/${row.kind}`))
      .map((row) => row.id);
    if (gone.length > 0) {
      await tx
        .update(stripeDifferences)
        .set({ resolvedAt: now, resolution: 'gone' })
        .where(inArray(stripeDifferences.id, gone));
    }
    const had = new Set(open.map((row) => `${row.entity}/${row.entityId}/${row.kind}`));
    const fresh = found.filter((one) => one.repaired || !had.has(`${one.entity}/${one.id}/${one.kind}`));
    if (fresh.length === 0) return;
    // A run beside this one may have noted it: it is listed once.
    await tx
      .insert(stripeDifferences)
      .values(
        fresh.map((one) => ({
          id: newId('dif'),
          entity: one.entity,
          entityId: one.id,
          merchantId,
          kind: one.kind,
          local: one.local,
          stripe: one.stripe,
          foundAt: now,
          ...(one.repaired ? { resolvedAt: now, resolution: 'repaired' as const } : {}),
        })),
      )
      .onConflictDoNothing();
  });
}
