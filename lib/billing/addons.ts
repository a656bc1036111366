import { and, asc, eq, inArray, isNull, ne, sql } from 'drizzle-orm';
import type Stripe from 'stripe';
import type { Db } from '@/db/client';
import { addOnFeatures, addOns, checkoutSessions, storeAddOns, stores } from '@/db/schema';
import { NotFound } from '@/lib/errors';
import { callStripe, isMissing } from '@/lib/stripe/client';
import type { Account } from './accounts';
import { type Actor, recordAudit } from './audit';
import { getLiveSubscription } from './cancellation';
import { type CheckoutAnswer, type CheckoutRequest, openSession } from './checkout';
import { getCustomer } from './customers';
import {
  AddOnNotFound,
  DomainTaken,
  InvalidDomain,
  StripePriceNotConfigured,
  SubscriptionNotCancelled,
} from './errors';
import { findCurrentSubscription, livesAtStripe } from './subscriptions';
import type { SyncContext } from './sync/mirror';
import { settle } from './sync/settle';
import { subscriptionMirror } from './sync/subscription';

export type AddOnProduct = typeof addOns.$inferSelect & {
  features: { featureCode: string; amount: number }[];
};
export type StoreAddOn = typeof storeAddOns.$inferSelect & { code: string; name: string; storeCode: string };

/** The add-ons a platform sells, with what each adds to a limit. */
export async function listAddOnProducts(
  db: Db,
  platformId: string,
  filter: { all?: boolean } = {},
): Promise<AddOnProduct[]> {
  const rows = await db
    .select()
    .from(addOns)
    .where(and(eq(addOns.platformId, platformId), filter.all ? undefined : eq(addOns.isActive, true)))
    .orderBy(asc(addOns.displayOrder), asc(addOns.code));
  if (rows.length === 0) return [];
  const features = await db
    .select()
    .from(addOnFeatures)
    .where(
      inArray(
        addOnFeatures.addOnId,
        rows.map((row) => row.id),
      ),
    );
  return rows.map((row) => ({ ...row, features: features.filter((feature) => feature.addOnId === row.id) }));
}

/** The add-ons an account has or had, live ones first. */
export async function listStoreAddOns(db: Db, account: Account): Promise<StoreAddOn[]> {
  const rows = await db
    .select({ addOn: storeAddOns, code: addOns.code, name: addOns.name, storeCode: stores.code })
    .from(storeAddOns)
    .innerJoin(addOns, eq(addOns.id, storeAddOns.addOnId))
    .innerJoin(stores, eq(stores.id, storeAddOns.storeId))
    .where(
      and(
        eq(storeAddOns.merchantId, account.merchantId),
        eq(storeAddOns.platformId, account.platformId),
        ne(storeAddOns.status, 'incomplete_expired'),
      ),
    )
    .orderBy(sql`${storeAddOns.endedAt} is not null`, asc(storeAddOns.createdAt));
  return rows.map(({ addOn, ...names }) => ({ ...addOn, ...names }));
}

/** A host name with at least two labels, lower case, as it would be bought. */
const DOMAIN = /^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/;

/** Whether a domain can be had. Tierline knows only itself; a registrar's check can take its place. */
export type DomainCheck = (db: Db, domain: string) => Promise<'free' | 'taken'>;

/** The default check: no live add-on and no open checkout holds the domain. */
export const checkOwnDomains: DomainCheck = async (db, domain) => {
  const [held] = await db
    .select({ id: storeAddOns.id })
    .from(storeAddOns)
    .where(and(eq(sql`lower(${storeAddOns.domain})`, domain), isNull(storeAddOns.endedAt)))
    .limit(1);
  return held ? 'taken' : 'free';
};

/**
 * Opens Checkout for an add-on of one store. It needs a live plan; it exists when Stripe says paid.
 * @throws NoActiveSubscription, AddOnNotFound, InvalidDomain, DomainTaken, StripePriceNotConfigured, StripeUnavailable
 */
export async function startAddOnCheckout(
  db: Db,
  stripe: Stripe,
  request: CheckoutRequest & { storeId: string; addOnCode: string; domain?: string },
  checkDomain: DomainCheck = checkOwnDomains,
): Promise<CheckoutAnswer> {
  const { account } = request;
  const [addOn] = await db
    .select()
    .from(addOns)
    .where(and(eq(addOns.platformId, account.platformId), eq(addOns.code, request.addOnCode)));
  if (!addOn?.isActive) throw new AddOnNotFound(request.addOnCode);
  await getLiveSubscription(db, account);
  const domain = addOn.category === 'domain' ? await wantDomain(db, request, checkDomain) : undefined;
  if (!addOn.stripePriceId) throw new StripePriceNotConfigured({ addon_code: addOn.code });
  return openSession(db, stripe, request, {
    kind: 'add_on',
    choice: [addOn.code, request.storeId, ...(domain ? [domain] : [])].join(':'),
    priceId: addOn.stripePriceId,
    mode: 'subscription',
    marks: { code: addOn.code, domain },
    domain,
  });
}

async function wantDomain(
  db: Db,
  request: { account: Account; domain?: string },
  check: DomainCheck,
): Promise<string> {
  const domain = (request.domain ?? '').trim().toLowerCase().replace(/\.$/, '');
  if (!DOMAIN.test(domain)) throw new InvalidDomain(request.domain ?? '');
  if ((await check(db, domain)) === 'taken') throw new DomainTaken(domain);
  const [open] = await db
    .select({ merchantId: checkoutSessions.merchantId })
    .from(checkoutSessions)
    .where(and(eq(sql`lower(${checkoutSessions.domain})`, domain), eq(checkoutSessions.status, 'open')));
  if (open && open.merchantId !== request.account.merchantId) throw new DomainTaken(domain);
  return domain;
}

/** One of the account's add-ons. @throws NotFound, also for another merchant's */
async function getStoreAddOn(db: Db, account: Account, id: string) {
  const [row] = await db
    .select()
    .from(storeAddOns)
    .where(
      and(
        eq(storeAddOns.id, id),
        eq(storeAddOns.merchantId, account.merchantId),
        eq(storeAddOns.platformId, account.platformId),
      ),
    );
  if (!row) throw new NotFound('add-on', id);
  return row;
}

/**
 * Cancels an add-on at the end of what is paid, or takes that back. Safe to repeat.
 * @throws NotFound, SubscriptionNotCancelled, StripeUnavailable
 */
export async function setAddOnCancellation(
  db: Db,
  stripe: Stripe,
  input: { account: Account; id: string; cancel: boolean; actor: Actor; now: Date },
): Promise<StoreAddOn> {
  const row = await getStoreAddOn(db, input.account, input.id);
  if (row.endedAt) throw new NotFound('add-on', input.id);
  if (!input.cancel && !row.cancelAt) throw new SubscriptionNotCancelled();
  await callStripe(() =>
    stripe.subscriptions.update(row.stripeSubscriptionId, { cancel_at_period_end: input.cancel }),
  );
  await settle(db, stripe, subscriptionMirror, row.stripeSubscriptionId, input, (tx) =>
    recordAudit(tx, input.actor, input.now, {
      action: input.cancel ? 'add_on.cancelled' : 'add_on.reactivated',
      entity: 'add_on',
      entityId: row.id,
      ...input.account,
    }),
  );
  const after = (await listStoreAddOns(db, input.account)).find((one) => one.id === row.id);
  if (!after) throw new NotFound('add-on', input.id);
  return after;
}

/** Ends the add-ons of an account whose plan has ended, at Stripe and here. The worker repeats it until it is done. */
export async function endAddOns(
  db: Db,
  stripe: Stripe | null,
  account: Account,
  context: SyncContext,
): Promise<{ ended: number }> {
  if (!stripe) return { ended: 0 };
  const open = await db
    .selectDistinct({ id: storeAddOns.stripeSubscriptionId })
    .from(storeAddOns)
    .where(
      and(
        eq(storeAddOns.merchantId, account.merchantId),
        eq(storeAddOns.platformId, account.platformId),
        isNull(storeAddOns.endedAt),
      ),
    );
  if (open.length === 0) return { ended: 0 };
  // The plan may live again by now, or its own event be late: Stripe knows, and then nothing ends.
  await syncPlans(db, stripe, account, context);
  if (livesAtStripe(await findCurrentSubscription(db, account))) return { ended: 0 };
  for (const { id } of open) {
    await callStripe(() => stripe.subscriptions.cancel(id)).catch((error) => {
      if (!isMissing(error)) throw error;
    });
    await settle(db, stripe, subscriptionMirror, id, context);
  }
  return { ended: open.length };
}

/** Brings in all subscriptions that the merchant's customer has at Stripe. */
async function syncPlans(db: Db, stripe: Stripe, account: Account, context: SyncContext): Promise<void> {
  const { stripeCustomerId: customer, deletedAtStripe } = await getCustomer(db, account.merchantId);
  if (!customer || deletedAtStripe) return;
  const list = await callStripe(() => stripe.subscriptions.list({ customer, limit: 100 }));
  for (const { id } of list.data) await settle(db, stripe, subscriptionMirror, id, context);
}
