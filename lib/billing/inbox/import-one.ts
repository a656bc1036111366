import { eq } from 'drizzle-orm';
import type Stripe from 'stripe';
import type { Db } from '@/db/client';
import { storeAddOns, subscriptions, tiers } from '@/db/schema';
import type { Actor } from '@/lib/billing/audit';
import { syncCustomer } from '@/lib/billing/mirror/customer';
import { invoiceMirror } from '@/lib/billing/mirror/invoice';
import { recogniseItems } from '@/lib/billing/mirror/items';
import { settle } from '@/lib/billing/mirror/settle';
import { subscriptionMirror } from '@/lib/billing/mirror/subscription';
import { callStripe } from '@/lib/stripe/client';
import { writeMarks } from '@/lib/stripe/metadata';
import { readSubscription, type SubscriptionSnapshot } from '@/lib/stripe/subscription-snapshot';
import { findMerchant, findObstacle, findUnheld } from './import-obstacles';

export type ImportOutcome =
  | 'would_import'
  | 'imported'
  | 'already_there'
  | 'no_merchant'
  | 'unmapped_price'
  /** Stripe charges in a way that no tier can say: the price and what it is that cannot be held. */
  | 'not_held'
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

export async function importOne(
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
  const unheld = findUnheld(raw);
  if (unheld.length > 0) return answer('not_held', unheld.join(', '));
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
