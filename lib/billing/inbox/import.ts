import { CsvError, parse } from 'csv-parse/sync';
import { and, eq, inArray, isNotNull, or, sql } from 'drizzle-orm';
import type Stripe from 'stripe';
import type { Db } from '@/db/client';
import { customers, merchants, storeAddOns, subscriptions, tiers } from '@/db/schema';
import { ofAccount } from '@/lib/billing/accounts';
import type { Actor } from '@/lib/billing/audit';
import { syncCustomer } from '@/lib/billing/mirror/customer';
import { invoiceMirror } from '@/lib/billing/mirror/invoice';
import { recogniseItems } from '@/lib/billing/mirror/items';
import { settle } from '@/lib/billing/mirror/settle';
import { subscriptionMirror } from '@/lib/billing/mirror/subscription';
import { LIVE } from '@/lib/billing/statuses';
import { invalid } from '@/lib/errors';
import { callStripe } from '@/lib/stripe/client';
import { expand } from '@/lib/stripe/expansions';
import { writeMarks } from '@/lib/stripe/metadata';
import { readSubscription, type SubscriptionSnapshot } from '@/lib/stripe/subscription-snapshot';

export type ImportOutcome =
  | 'would_import'
  | 'imported'
  | 'already_there'
  | 'no_merchant'
  | 'unmapped_price'
  | 'ambiguous'
  | 'other_platform'
  | 'failed';

export type ImportRow = {
  subscription: string;
  customer: string;
  email: string | null;
  merchantId: string | null;
  outcome: ImportOutcome;
  detail: string;
};

export type ImportOptions = {
  /** False = a dry run: everything is looked at, nothing is written, here or at Stripe. */
  apply: boolean;
  /** Only what is sold on this platform; default: all. */
  platformId?: string;
  /** Whose customer is whose, where neither metadata nor e-mail says it: Stripe's customer id → our merchant's. */
  matches?: Map<string, string>;
  actor: Actor;
  now: Date;
  onRow?: (row: ImportRow) => void;
};

/**
 * Takes the subscriptions that live in an existing Stripe account into Tierline, one after the other: whose it is (the
 * list given, metadata, the customer we know, the e-mail), what it is (by price), and then the usual writer brings it in
 * with its customer and invoices, and our marks are written on it. Idempotent: what is there already stays. What two
 * answers fit is left to a person.
 * @throws StripeUnavailable
 */
export async function importSubscriptions(
  db: Db,
  stripe: Stripe,
  options: ImportOptions,
): Promise<ImportRow[]> {
  const rows: ImportRow[] = [];
  const taken = new Set<string>();
  await callStripe(async () => {
    for await (const raw of stripe.subscriptions.list({ limit: 100, expand: expand('importList') })) {
      const row = await importOne(db, stripe, raw, taken, options);
      rows.push(row);
      options.onRow?.(row);
    }
  });
  return rows;
}

async function importOne(
  db: Db,
  stripe: Stripe,
  raw: Stripe.Subscription,
  taken: Set<string>,
  options: ImportOptions,
): Promise<ImportRow> {
  const snapshot = readSubscription(raw);
  const customer = typeof raw.customer === 'object' && !raw.customer.deleted ? raw.customer : null;
  const base = { subscription: snapshot.id, customer: snapshot.customerId, email: customer?.email ?? null };
  const answer = (outcome: ImportOutcome, detail: string, merchantId: string | null = null): ImportRow => ({
    ...base,
    merchantId,
    outcome,
    detail,
  });
  if (await isKnown(db, snapshot.id)) return answer('already_there', '');
  const { plans, addOns, unmapped } = await recogniseItems(db, snapshot.items);
  const sold = plans[0] ?? addOns[0];
  if (!sold) return answer('unmapped_price', unmapped.map((item) => item.priceId).join(', '));
  const { platformId } = sold;
  if (options.platformId && options.platformId !== platformId) return answer('other_platform', platformId);
  const found = await findMerchant(db, snapshot, customer, options.matches);
  const [merchantId] = found.ids;
  if (!merchantId) return answer('no_merchant', found.by);
  if (found.ids.length > 1) return answer('ambiguous', `${found.by} ${found.ids.join(', ')}`);
  const obstacle = await findObstacle(db, {
    merchantId,
    platformId,
    isPlan: plans.length > 0,
    snapshot,
    taken,
  });
  if (obstacle) return answer('ambiguous', obstacle, merchantId);
  if (plans.length > 0) taken.add(`${merchantId}:${platformId}`);
  const detail = `${found.by} ${plans.length > 0 ? 'plan' : 'add_on'} ${platformId}`;
  if (!options.apply) return answer('would_import', detail, merchantId);
  try {
    await takeIn(db, stripe, snapshot, { merchantId, platformId, tierId: plans[0]?.tierId }, options);
    return answer('imported', detail, merchantId);
  } catch (error) {
    return answer('failed', error instanceof Error ? error.message : String(error), merchantId);
  }
}

async function isKnown(db: Db, id: string): Promise<boolean> {
  const [plan] = await db
    .select({ id: subscriptions.id })
    .from(subscriptions)
    .where(eq(subscriptions.stripeSubscriptionId, id));
  if (plan) return true;
  const [addOn] = await db
    .select({ id: storeAddOns.id })
    .from(storeAddOns)
    .where(eq(storeAddOns.stripeSubscriptionId, id))
    .limit(1);
  return addOn !== undefined;
}

/** Whose it is, by the surest word there is. */
async function findMerchant(
  db: Db,
  snapshot: SubscriptionSnapshot,
  customer: Stripe.Customer | null,
  matches: Map<string, string> | undefined,
): Promise<{ by: string; ids: string[] }> {
  const listed = matches?.get(snapshot.customerId);
  if (listed) return { by: 'list', ids: await existing(db, [listed]) };
  const [bound] = await db
    .select({ id: customers.merchantId })
    .from(customers)
    .where(eq(customers.stripeCustomerId, snapshot.customerId));
  if (bound) return { by: 'customer', ids: [bound.id] };
  const named = await existing(db, [snapshot.marks?.merchant, customer?.metadata.merchant]);
  if (named.length > 0) return { by: 'metadata', ids: named };
  const email = customer?.email?.trim().toLowerCase();
  if (!email) return { by: 'nothing', ids: [] };
  const rows = await db
    .selectDistinct({ id: merchants.id })
    .from(merchants)
    .leftJoin(customers, eq(customers.merchantId, merchants.id))
    .where(or(eq(sql`lower(${merchants.email})`, email), eq(sql`lower(${customers.email})`, email)));
  return { by: 'email', ids: rows.map((row) => row.id) };
}

async function existing(db: Db, ids: (string | undefined)[]): Promise<string[]> {
  const given = [...new Set(ids.filter((id) => id !== undefined))];
  if (given.length === 0) return [];
  const rows = await db.select({ id: merchants.id }).from(merchants).where(inArray(merchants.id, given));
  return rows.map((row) => row.id);
}

/** Why a person must decide: two live plans for one account, or two customers for one merchant. */
async function findObstacle(
  db: Db,
  what: {
    merchantId: string;
    platformId: string;
    isPlan: boolean;
    snapshot: SubscriptionSnapshot;
    taken: Set<string>;
  },
): Promise<string | null> {
  const { merchantId, platformId, snapshot } = what;
  const [row] = await db.select().from(customers).where(eq(customers.merchantId, merchantId));
  if (row?.stripeCustomerId && !row.deletedAtStripe && row.stripeCustomerId !== snapshot.customerId) {
    return `other_customer ${row.stripeCustomerId}`;
  }
  if (!what.isPlan) return null;
  if (what.taken.has(`${merchantId}:${platformId}`)) return 'second_plan';
  const [live] = await db
    .select({ id: subscriptions.stripeSubscriptionId })
    .from(subscriptions)
    .where(
      and(
        ofAccount(subscriptions, { merchantId, platformId }),
        isNotNull(subscriptions.stripeSubscriptionId),
        inArray(subscriptions.status, LIVE),
      ),
    );
  return live ? `has_plan ${live.id}` : null;
}

/** Marks first: an import that dies in between is found again by them. */
async function takeIn(
  db: Db,
  stripe: Stripe,
  snapshot: SubscriptionSnapshot,
  whose: { merchantId: string; platformId: string; tierId: string | undefined },
  options: ImportOptions,
): Promise<void> {
  const context = { actor: options.actor, now: options.now, quiet: true };
  const tier = whose.tierId ? await tierCode(db, whose.tierId) : undefined;
  const marks = writeMarks({
    merchant: whose.merchantId,
    platform: whose.platformId,
    kind: whose.tierId ? 'plan' : 'add_on',
    tier,
  });
  await callStripe(() =>
    stripe.customers.update(snapshot.customerId, { metadata: { merchant: whose.merchantId } }),
  );
  await callStripe(() => stripe.subscriptions.update(snapshot.id, { metadata: marks }));
  await syncCustomer(db, stripe, snapshot.customerId, context);
  await settle(db, stripe, subscriptionMirror, snapshot.id, context);
  const bills = await callStripe(() =>
    stripe.invoices.list({ subscription: snapshot.id, limit: 100 }).autoPagingToArray({ limit: 10_000 }),
  );
  for (const { id } of bills) if (id) await settle(db, stripe, invoiceMirror, id, context);
}

async function tierCode(db: Db, id: string): Promise<string | undefined> {
  const [row] = await db.select({ code: tiers.code }).from(tiers).where(eq(tiers.id, id));
  return row?.code;
}

/** Reads `stripe_customer_id,merchant_id` lines under that heading. @throws a DomainError that names the line */
export function readMatches(csv: string): Map<string, string> {
  const matches = new Map<string, string>();
  for (const { line, record } of readRows(csv)) {
    const { stripe_customer_id: customer, merchant_id: merchant } = record;
    if (!customer || !merchant) throw invalid(`line ${line}`, 'cells', 'names no customer or no merchant');
    const other = matches.get(customer);
    if (other && other !== merchant) throw invalid(`line ${line}`, 'twice', `${customer} is ${other} above`);
    matches.set(customer, merchant);
  }
  return matches;
}

type CsvRow = { record: Record<string, string | undefined>; line: number };

function readRows(csv: string): CsvRow[] {
  const columns = (heading: string[]) => {
    if (!['stripe_customer_id', 'merchant_id'].every((name) => heading.includes(name)))
      throw invalid('line 1', 'heading', 'must be stripe_customer_id,merchant_id');
    return heading;
  };
  try {
    return parse(csv, {
      bom: true,
      columns,
      trim: true,
      skip_empty_lines: true,
      relax_column_count: true,
      // Found out by itself it would be the first line's only.
      record_delimiter: ['\r\n', '\n', '\r'],
      on_record: (record: CsvRow['record'], { lines }) => ({ record, line: lines }),
    });
  } catch (error) {
    if (error instanceof CsvError) throw invalid(`line ${error.lines ?? '?'}`, 'csv', error.message);
    throw error;
  }
}
