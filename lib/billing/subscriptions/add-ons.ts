import { domainToASCII } from 'node:url';
import { and, asc, eq, isNull, ne, sql } from 'drizzle-orm';
import type Stripe from 'stripe';
import { getDomain } from 'tldts';
import type { Db } from '@/db/client';
import { addOns, checkoutSessions, storeAddOns, stores } from '@/db/schema';
import { type Account, ofAccount } from '@/lib/billing/accounts';
import {
  AddOnNotFound,
  CurrencyConflict,
  DomainTaken,
  InvalidDomain,
  StripePriceNotConfigured,
} from '@/lib/billing/errors';
import { getLiveSubscription } from './cancellation';
import { openSession } from './checkout-session';
import type { CheckoutAnswer, CheckoutRequest } from './checkout-slot';

export type StoreAddOn = typeof storeAddOns.$inferSelect & { code: string; name: string; storeCode: string };

/** The add-ons an account has or had, live ones first. */
export async function listStoreAddOns(db: Db, account: Account): Promise<StoreAddOn[]> {
  const rows = await db
    .select({ addOn: storeAddOns, code: addOns.code, name: addOns.name, storeCode: stores.code })
    .from(storeAddOns)
    .innerJoin(addOns, eq(addOns.id, storeAddOns.addOnId))
    .innerJoin(stores, eq(stores.id, storeAddOns.storeId))
    .where(and(ofAccount(storeAddOns, account), ne(storeAddOns.status, 'incomplete_expired')))
    .orderBy(sql`${storeAddOns.endedAt} is not null`, asc(storeAddOns.createdAt));
  return rows.map(({ addOn, ...names }) => ({ ...addOn, ...names }));
}

/**
 * A domain as it is bought and kept: in the letters that name servers know (münchen.example is xn--mnchen-3ya.example), lower
 * case, under a public suffix. Null when it is none: an address, a suffix alone, a word. https://publicsuffix.org
 */
export function readDomain(typed: string): string | null {
  const host = domainToASCII(typed.trim().replace(/\.$/, ''));
  return host && !host.includes('_') && getDomain(host) ? host : null;
}

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
 * @throws NoActiveSubscription, AddOnNotFound, CurrencyConflict, InvalidDomain, DomainTaken, StripePriceNotConfigured, StripeUnavailable
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
  const plan = await getLiveSubscription(db, account);
  if (addOn.currency !== plan.currency) throw new CurrencyConflict(addOn.currency, plan.currency);
  const domain = addOn.category === 'domain' ? await wantDomain(db, request, checkDomain) : undefined;
  if (!addOn.stripePriceId) throw new StripePriceNotConfigured({ addonCode: addOn.code });
  return openSession(db, stripe, request, {
    kind: 'add_on',
    choice: `${[addOn.code, request.storeId, ...(domain ? [domain] : [])].join(':')}@${addOn.stripePriceId}`,
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
  const domain = readDomain(request.domain ?? '');
  if (!domain) throw new InvalidDomain(request.domain ?? '');
  if ((await check(db, domain)) === 'taken') throw new DomainTaken(domain);
  const [open] = await db
    .select({ merchantId: checkoutSessions.merchantId })
    .from(checkoutSessions)
    .where(and(eq(sql`lower(${checkoutSessions.domain})`, domain), eq(checkoutSessions.status, 'open')));
  if (open && open.merchantId !== request.account.merchantId) throw new DomainTaken(domain);
  return domain;
}
