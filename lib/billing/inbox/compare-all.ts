import { and, asc, eq, gt, isNotNull, isNull } from 'drizzle-orm';
import pMap from 'p-map';
import type Stripe from 'stripe';
import type { Db } from '@/db/client';
import { customers, invoices } from '@/db/schema';
import {
  AT_ONCE,
  billDiffers,
  type CompareOptions,
  compare,
  openSessions,
  type Told,
} from '@/lib/billing/inbox/compare';
import { type Difference, difference, findDoubles, listLive, orphan } from '@/lib/billing/inbox/live-rows';
import { customerMirror } from '@/lib/billing/mirror/customer';
import { invoiceMirror } from '@/lib/billing/mirror/invoice';
import { sessionMirror } from '@/lib/billing/mirror/session';
import { subscriptionMirror } from '@/lib/billing/mirror/subscription';
import { callStripe } from '@/lib/stripe/client';
import { StripeUnavailable } from '@/lib/stripe/errors';
import { type InvoiceSnapshot, readInvoice } from '@/lib/stripe/invoice-snapshot';

export type ReconcileOptions = CompareOptions & {
  livemode: boolean;
  merchantId?: string;
  /** Only what lives or is unpaid, by lists of the whole account: the nightly run. Without effect on one merchant. */
  living?: boolean;
  /** When missed events were last looked for; without it all that Stripe lists. */
  since?: Date | null;
  /** Told after each merchant. */
  onProgress?: (done: number) => void;
};

/** Everything, customer by customer. */
export async function compareEach(db: Db, stripe: Stripe, options: ReconcileOptions, { keep, fail }: Told) {
  let stopped: unknown;
  // Customers are independent; most of the time is spent waiting for Stripe. After an outage those under way end first.
  await pMap(
    eachCustomer(db, options, () => stopped !== undefined),
    async (customer) => {
      try {
        await keep(customer.merchantId, await reconcileCustomer(db, stripe, customer, options), 'all');
      } catch (error) {
        if (options.merchantId || error instanceof StripeUnavailable) stopped ??= error;
        else fail(customer.merchantId, error);
      }
    },
    { concurrency: AT_ONCE },
  );
  if (stopped !== undefined) throw stopped;
}

type Known = { merchantId: string; stripeCustomerId: string };

async function* eachCustomer(
  db: Db,
  { merchantId }: Pick<ReconcileOptions, 'merchantId'>,
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
  if (!(await compare(check, customerMirror, 'customer', of.stripeCustomerId))) {
    found.push(difference('customer', of.stripeCustomerId, of.merchantId, 'missing_at_stripe', of, null));
    return found;
  }
  const theirs = await listAll(stripe, of.stripeCustomerId);
  for (const id of theirs.subscriptions) await compare(check, subscriptionMirror, 'subscription', id);
  for (const id of await invoicesThatDiffer(db, of.merchantId, theirs.bills)) {
    await compare(check, invoiceMirror, 'invoice', id);
  }
  for (const { id } of await openSessions(db, [of.merchantId])) {
    await compare(check, sessionMirror, 'checkout', id);
  }
  const known = new Set([...theirs.subscriptions, ...theirs.bills.map((bill) => bill.id)]);
  const live = await listLive(db, [of.merchantId]);
  found.push(...live.filter((row) => row.stripeId !== null && !known.has(row.stripeId)).map(orphan));
  found.push(...(await findDoubles(db, of.merchantId)));
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
  return bills.filter((bill) => billDiffers(byId.get(bill.id), bill)).map((bill) => bill.id);
}
