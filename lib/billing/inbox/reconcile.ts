import { and, asc, eq, gt, isNotNull, isNull, sql } from 'drizzle-orm';
import pMap from 'p-map';
import type Stripe from 'stripe';
import type { Db } from '@/db/client';
import { type Change, checkoutSessions, customers, invoices, storeAddOns, subscriptions } from '@/db/schema';
import type { Actor } from '@/lib/billing/audit';
import { customerMirror } from '@/lib/billing/mirror/customer';
import { invoiceMirror } from '@/lib/billing/mirror/invoice';
import { type Mirror, Unrecognised } from '@/lib/billing/mirror/mirror';
import { sessionMirror } from '@/lib/billing/mirror/session';
import { settle } from '@/lib/billing/mirror/settle';
import { subscriptionMirror } from '@/lib/billing/mirror/subscription';
import { log } from '@/lib/log';
import { callStripe, isRefused, stripeError } from '@/lib/stripe/client';
import { StripeUnavailable } from '@/lib/stripe/errors';
import { type InvoiceSnapshot, readInvoice } from '@/lib/stripe/invoice-snapshot';
import { type Difference, difference, findDoubles, findOrphans, keepDifferences } from './differences';
import { takeMissedEvents } from './missed-events';

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
  /** Only customers with something that lives or is unpaid: the nightly run. */
  living?: boolean;
  dryRun?: boolean;
  /** Told after each merchant. */
  onProgress?: (done: number) => void;
};

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
  // Customers are independent; most of the time is spent waiting for Stripe. After an outage those under way end first.
  await pMap(
    eachCustomer(db, options, () => stopped !== undefined),
    (customer) =>
      look(customer).catch((error: unknown) => {
        if (options.merchantId || error instanceof StripeUnavailable) {
          stopped ??= error;
          return;
        }
        log.error({ error, merchant: customer.merchantId }, 'a merchant could not be compared with Stripe');
        report.failed.push(customer.merchantId);
      }),
    { concurrency: AT_ONCE },
  );
  if (stopped !== undefined) throw stopped;
  return report;
}

/** A subscription, add-on, bill or checkout of the customer's that may still change. */
const hasSomething = sql`(
  exists (select from ${subscriptions} s where s.merchant_id = ${customers.merchantId}
    and s.stripe_subscription_id is not null and s.status in ('trialing', 'active', 'past_due', 'unpaid', 'paused', 'incomplete'))
  or exists (select from ${storeAddOns} a where a.merchant_id = ${customers.merchantId} and a.ended_at is null)
  or exists (select from ${invoices} i where i.merchant_id = ${customers.merchantId} and i.status in ('open', 'draft'))
  or exists (select from ${checkoutSessions} c where c.merchant_id = ${customers.merchantId} and c.status = 'open'))`;

type Known = { merchantId: string; stripeCustomerId: string };

async function* eachCustomer(
  db: Db,
  { merchantId, living }: Pick<ReconcileOptions, 'merchantId' | 'living'>,
  isOver: () => boolean,
): AsyncGenerator<Known> {
  for (let after = ''; ; ) {
    const page = await db
      .select({ merchantId: customers.merchantId, stripeCustomerId: customers.stripeCustomerId })
      .from(customers)
      .where(
        and(
          isNotNull(customers.stripeCustomerId),
          isNull(customers.deletedAtStripe),
          merchantId ? eq(customers.merchantId, merchantId) : gt(customers.merchantId, after),
          living ? hasSomething : undefined,
        ),
      )
      .orderBy(asc(customers.merchantId))
      .limit(200);
    for (const row of page) {
      if (isOver()) return;
      if (row.stripeCustomerId) yield { merchantId: row.merchantId, stripeCustomerId: row.stripeCustomerId };
    }
    after = page.at(-1)?.merchantId ?? '';
    if (page.length < 200 || merchantId) return;
  }
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
    if (error instanceof Unrecognised) {
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

const orMissing = (error: unknown): null => {
  if (isRefused(error) && stripeError(error)?.statusCode === 404) return null;
  throw error;
};
