import { and, asc, gt, inArray, isNotNull, isNull, sql } from 'drizzle-orm';
import pMap from 'p-map';
import type Stripe from 'stripe';
import type { Db } from '@/db/client';
import {
  checkoutSessions,
  customers,
  invoices,
  storeAddOns,
  stripeDifferences,
  subscriptions,
  tierPrices,
} from '@/db/schema';
import { changedFields } from '@/lib/billing/audit';
import { customerMirror, detailsOf } from '@/lib/billing/mirror/customer';
import { invoiceMirror } from '@/lib/billing/mirror/invoice';
import { momentOf } from '@/lib/billing/mirror/mirror';
import { sessionMirror } from '@/lib/billing/mirror/session';
import { FINAL, subscriptionMirror } from '@/lib/billing/mirror/subscription';
import { callStripe } from '@/lib/stripe/client';
import { type CustomerSnapshot, readCustomer } from '@/lib/stripe/customer-snapshot';
import { StripeUnavailable } from '@/lib/stripe/errors';
import { expand } from '@/lib/stripe/expansions';
import { readInvoice } from '@/lib/stripe/invoice-snapshot';
import { readSubscription } from '@/lib/stripe/subscription-snapshot';
import { addDays, toUnix } from '@/lib/time';
import {
  AT_ONCE,
  billDiffers,
  type Check,
  type CompareOptions,
  compare,
  compareListed,
  openSessions,
  type Told,
} from './compare';
import { type Difference, difference, findDoubles, listLive, orphan } from './differences';

/** How many days of bills are compared beside the open ones. */
const BILL_DAYS = 3;
const PAGE = 200;

type Run = {
  db: Db;
  stripe: Stripe;
  options: CompareOptions;
  /** What was found, per merchant of whom something was compared. */
  found: Map<string, Difference[]>;
  failed: Map<string, unknown>;
  /** Stripe's ids that were compared. */
  seen: Set<string>;
  /** Merchants whose customer Stripe does not know: nothing else is said of them. */
  missing: Set<string>;
};

/**
 * Compares what lives or is open by Stripe's lists of the whole account, 100 at a time, and fetches only what they cannot
 * decide (stripe.md 45, 50). What lives with us and was on no list is fetched; what a person was asked about earlier is
 * looked at again. Convergent. A dry run writes nothing.
 * @throws StripeUnavailable once what was put right so far is kept
 */
export async function compareLiving(
  db: Db,
  stripe: Stripe,
  options: CompareOptions,
  { keep, fail }: Told,
): Promise<void> {
  const run: Run = {
    db,
    stripe,
    options,
    found: new Map(),
    failed: new Map(),
    seen: new Set(),
    missing: new Set(),
  };
  let asked: Set<string>;
  try {
    await compareCustomers(run);
    await compareSubscriptions(run);
    await compareBills(run, { status: 'open' });
    await compareBills(run, { created: { gte: toUnix(addDays(options.now, -BILL_DAYS)) } });
    await compareUnseen(run);
    for (const double of await findDoubles(db)) {
      const of = double.merchantId ?? '';
      if (!run.missing.has(of)) run.found.get(of)?.push(double);
    }
    asked = await lookAgain(run);
  } catch (error) {
    for (const [merchantId, found] of run.found) {
      const repaired = found.filter((one) => one.repaired);
      if (repaired.length > 0) await keep(merchantId, repaired, 'part');
    }
    throw error;
  }
  for (const [merchantId, found] of run.found) {
    if (run.failed.has(merchantId)) fail(merchantId, run.failed.get(merchantId));
    else await keep(merchantId, found, found.length > 0 || asked.has(merchantId) ? 'all' : 'nothing');
  }
}

/** The pages of a list, newest first, each with a moment, by Stripe's clock, before it was made. */
async function eachPage<T extends { id?: string }>(
  list: (page: { limit: number; starting_after?: string }) => Promise<Stripe.Response<Stripe.ApiList<T>>>,
  work: (listed: T[], at: Date) => Promise<void>,
): Promise<void> {
  for (let after: string | undefined; ; ) {
    const { page, at } = await callStripe(async () => {
      const asked = performance.now();
      const page = await list({ limit: 100, ...(after ? { starting_after: after } : {}) });
      // A page takes its time: what changed while it was made may not be on it, and its Date is of the end.
      const took = Math.ceil((performance.now() - asked) / 1000) * 1000;
      return { page, at: new Date(momentOf(page.lastResponse).getTime() - took) };
    });
    await work(page.data, at);
    after = page.data.at(-1)?.id;
    if (!page.has_more || !after) return;
  }
}

/** Side by side. After a fault those under way end first. */
async function each<T>(items: T[], work: (item: T) => Promise<void>): Promise<void> {
  const faults: unknown[] = [];
  const one = async (item: T) => {
    if (faults.length === 0) await work(item).catch((error) => faults.push(error));
  };
  await pMap(items, one, { concurrency: AT_ONCE });
  if (faults.length > 0) throw faults[0];
}

/** Looks at something of one merchant's; what fails is the merchant's alone, unless Stripe is away. */
async function look(run: Run, merchantId: string, work: (check: Check) => Promise<void>): Promise<void> {
  if (run.failed.has(merchantId)) return;
  const found = run.found.get(merchantId) ?? [];
  run.found.set(merchantId, found);
  try {
    await work({ db: run.db, stripe: run.stripe, options: run.options, merchantId, found });
  } catch (error) {
    if (error instanceof StripeUnavailable) throw error;
    run.failed.set(merchantId, error);
  }
}

/** A subscription, add-on, bill or checkout of the customer's that may still change. */
const hasSomething = sql<boolean>`(
  exists (select from ${subscriptions} s where s.merchant_id = ${customers.merchantId}
    and s.stripe_subscription_id is not null and s.status in ('trialing', 'active', 'past_due', 'unpaid', 'paused', 'incomplete'))
  or exists (select from ${storeAddOns} a where a.merchant_id = ${customers.merchantId} and a.ended_at is null)
  or exists (select from ${invoices} i where i.merchant_id = ${customers.merchantId} and i.status in ('open', 'draft'))
  or exists (select from ${checkoutSessions} c where c.merchant_id = ${customers.merchantId} and c.status = 'open'))`;

type Owned = { customer: string | { id: string } | null };
const customerOf = ({ customer }: Owned) => (typeof customer === 'string' ? customer : (customer?.id ?? ''));

/** Those on a page that are of customers of ours, each with its merchant. One statement. */
async function ofOurs<T extends Owned>(db: Db, listed: T[]): Promise<{ one: T; merchantId: string }[]> {
  const rows = await db
    .select({ id: customers.stripeCustomerId, merchantId: customers.merchantId })
    .from(customers)
    .where(
      and(inArray(customers.stripeCustomerId, listed.map(customerOf)), isNull(customers.deletedAtStripe)),
    );
  const merchants = new Map(rows.map((row) => [row.id, row.merchantId]));
  return listed.flatMap((one) => {
    const merchantId = merchants.get(customerOf(one));
    return merchantId ? [{ one, merchantId }] : [];
  });
}

const compareCustomers = (run: Run) =>
  eachPage(
    (page) => run.stripe.customers.list({ ...page, expand: expand('customerList') }),
    async (listed) => {
      const ids = listed.map((one) => one.id);
      const rows = await run.db
        .select()
        .from(customers)
        .where(
          and(inArray(customers.stripeCustomerId, ids), isNull(customers.deletedAtStripe), hasSomething),
        );
      const byId = new Map(rows.map((row) => [row.stripeCustomerId, row]));
      await each(listed, async (one) => {
        const row = byId.get(one.id);
        if (!row) return;
        run.seen.add(one.id);
        await look(run, row.merchantId, async (check) => {
          if (detailsDiffer(row, readCustomer(one))) await compare(check, customerMirror, 'customer', one.id);
        });
      });
    },
  );

/** Whether details differ from our row. Without a default card the one that pays is not on the list: no difference. */
function detailsDiffer(row: typeof customers.$inferSelect, snapshot: CustomerSnapshot): boolean {
  const { cardBrand, cardLast4, cardExpMonth, cardExpYear, ...rest } = detailsOf(snapshot, row);
  const card = snapshot.card === undefined ? {} : { cardBrand, cardLast4, cardExpMonth, cardExpYear };
  return changedFields<Partial<typeof row>>(row, { ...rest, ...card }) !== null;
}

async function compareSubscriptions(run: Run): Promise<void> {
  const prices = await run.db.select({ id: tierPrices.stripePriceId }).from(tierPrices);
  const ofCatalogue = new Set(prices.map((price) => price.id));
  await eachPage(
    (page) => run.stripe.subscriptions.list({ ...page, expand: expand('subscriptionList') }),
    async (listed, at) => {
      const ours = await ofOurs(run.db, listed);
      const ids = ours.map(({ one }) => one.id);
      const ended = await run.db
        .select({ id: subscriptions.stripeSubscriptionId })
        .from(subscriptions)
        .where(and(inArray(subscriptions.stripeSubscriptionId, ids), inArray(subscriptions.status, FINAL)));
      const isOver = new Set(ended.map((row) => row.id));
      await each(ours, async ({ one: { id }, one, merchantId }) => {
        run.seen.add(id);
        if (isOver.has(id)) return;
        await look(run, merchantId, async (check) => {
          const snapshot = readSubscription(one);
          // A next phase's price made for one customer is known by its product, which only a fetch tells.
          const isTold = (snapshot.nextPhase?.prices ?? []).every(
            (price) => price.productId !== null || ofCatalogue.has(price.priceId),
          );
          if (isTold) await compareListed(check, subscriptionMirror, 'subscription', { id, snapshot, at });
          else await compare(check, subscriptionMirror, 'subscription', id);
        });
      });
    },
  );
}

const compareBills = (run: Run, which: Stripe.InvoiceListParams) =>
  eachPage(
    (page) => run.stripe.invoices.list({ ...which, ...page }),
    async (listed) => {
      const ours = await ofOurs(
        run.db,
        listed.filter((bill) => !run.seen.has(bill.id)),
      );
      const ids = ours.map(({ one }) => one.id);
      const rows = await run.db.select().from(invoices).where(inArray(invoices.stripeInvoiceId, ids));
      const byId = new Map(rows.map((row) => [row.stripeInvoiceId, row]));
      await each(ours, async ({ one: { id }, one, merchantId }) => {
        run.seen.add(id);
        await look(run, merchantId, async (check) => {
          if (billDiffers(byId.get(id), readInvoice(one))) await compare(check, invoiceMirror, 'invoice', id);
        });
      });
    },
  );

/** What lives with us and was on no list of Stripe's: it ended unheard, or Stripe does not know it. And our open checkouts. */
async function compareUnseen(run: Run): Promise<void> {
  for (let after = ''; ; ) {
    const page = await run.db
      .select({ merchantId: customers.merchantId, customer: customers.stripeCustomerId })
      .from(customers)
      .where(
        and(
          isNotNull(customers.stripeCustomerId),
          isNull(customers.deletedAtStripe),
          gt(customers.merchantId, after),
          hasSomething,
        ),
      )
      .orderBy(asc(customers.merchantId))
      .limit(PAGE);
    const ids = page.map((row) => row.merchantId);
    const [live, sessions] = await Promise.all([listLive(run.db, ids), openSessions(run.db, ids)]);
    const unseen = live.flatMap(({ stripeId, ...row }) =>
      stripeId && !run.seen.has(stripeId) ? [{ ...row, stripeId }] : [],
    );
    await each(page, ({ merchantId, customer }) =>
      look(run, merchantId, async (check) => {
        if (customer && !run.seen.has(customer)) {
          const isKnown = await compare(check, customerMirror, 'customer', customer);
          if (!isKnown) {
            run.missing.add(merchantId);
            const of = { merchantId, stripeCustomerId: customer };
            check.found.push(difference('customer', customer, merchantId, 'missing_at_stripe', of, null));
            return;
          }
        }
        const mine = unseen.filter((row) => row.merchantId === merchantId);
        for (const id of new Set(mine.map((row) => row.stripeId))) {
          run.seen.add(id);
          const rows = mine.filter((row) => row.stripeId === id);
          const isKnown =
            rows[0]?.entity === 'invoice'
              ? await compare(check, invoiceMirror, 'invoice', id)
              : await compare(check, subscriptionMirror, 'subscription', id);
          if (!isKnown) check.found.push(...rows.map(orphan));
        }
        for (const { id } of sessions.filter((row) => row.merchantId === merchantId)) {
          run.seen.add(id);
          await compare(check, sessionMirror, 'checkout', id);
        }
      }),
    );
    after = page.at(-1)?.merchantId ?? '';
    if (page.length < PAGE) return;
  }
}

/**
 * What waits for a person of these merchants and was on no list, say of a subscription that ended: looked at again, so
 * that only what is put right is closed. Answers the merchants who have such.
 */
async function lookAgain(run: Run): Promise<Set<string>> {
  const asked = new Set<string>();
  const merchants = [...run.found.keys()];
  for (let from = 0; from < merchants.length; from += PAGE) {
    const open = await run.db
      .select({
        merchantId: sql<string>`${stripeDifferences.merchantId}`,
        entity: stripeDifferences.entity,
        id: stripeDifferences.entityId,
        kind: stripeDifferences.kind,
      })
      .from(stripeDifferences)
      .where(
        and(
          inArray(stripeDifferences.merchantId, merchants.slice(from, from + PAGE)),
          isNull(stripeDifferences.resolvedAt),
        ),
      );
    for (const row of open) asked.add(row.merchantId);
    const unseen = open.filter(
      (row) => row.kind !== 'missing_at_stripe' && !run.seen.has(row.id) && !run.missing.has(row.merchantId),
    );
    await each(unseen, ({ merchantId, entity, id }) =>
      look(run, merchantId, async (check) => {
        run.seen.add(id);
        if (entity === 'subscription') await compare(check, subscriptionMirror, entity, id);
        if (entity === 'invoice') await compare(check, invoiceMirror, entity, id);
        if (entity === 'customer') await compare(check, customerMirror, entity, id);
        if (entity === 'checkout') await compare(check, sessionMirror, entity, id);
      }),
    );
  }
  return asked;
}
