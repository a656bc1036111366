import { and, eq, isNull, sql } from 'drizzle-orm';
import type Stripe from 'stripe';
import type { Db, Tx } from '@/db/client';
import { newId } from '@/db/ids';
import { checkoutSessions, customers, tiers } from '@/db/schema';
import { findCurrentSubscription, isLocalTrial, livesAtStripe } from '@/lib/billing/account/subscription';
import { type Account, holdAccount } from '@/lib/billing/accounts';
import type { Act, Actor } from '@/lib/billing/audit';
import { ensureStripeCustomer } from '@/lib/billing/customers/customers';
import {
  StripePriceNotConfigured,
  SubscriptionConflict,
  TierNotFound,
  TierNotSelfService,
} from '@/lib/billing/errors';
import { customerMirror } from '@/lib/billing/mirror/customer';
import { invoiceMirror } from '@/lib/billing/mirror/invoice';
import { closeSession, sessionMirror } from '@/lib/billing/mirror/session';
import { settle } from '@/lib/billing/mirror/settle';
import { subscriptionMirror } from '@/lib/billing/mirror/subscription';
import { findPrice, getTier } from '@/lib/billing/plans/tiers';
import { NotFound } from '@/lib/errors';
import { callStripe, isKeyTaken, isRefused, isUnderWay, stripeError } from '@/lib/stripe/client';
import { StripeUnavailable } from '@/lib/stripe/errors';
import { type Marks, readMarks, writeMarks } from '@/lib/stripe/metadata';
import { readSession, type SessionSnapshot } from '@/lib/stripe/session-snapshot';
import { addDays, toUnix } from '@/lib/time';

type SessionRow = typeof checkoutSessions.$inferSelect;
export type CheckoutKind = SessionRow['kind'];

/** Where Checkout returns to; `success` bears `{CHECKOUT_SESSION_ID}`. */
export type ReturnUrls = { success: string; cancel: string };

/** What all kinds of checkout share. */
export type CheckoutRequest = {
  account: Account;
  storeId: string | null;
  urls: ReturnUrls;
  automaticTax: boolean;
  actor: Actor;
  now: Date;
};

export type CheckoutAnswer = { checkout_url: string; session_id: string };

/** Stripe wants a trial's end at least 48 hours ahead; a minute more for the way there. */
const MIN_TRIAL_MS = 48 * 3_600_000 + 60_000;

/**
 * Opens Stripe Checkout for a plan. A merchant never ends up with two live base subscriptions on a platform: one that
 * lives refuses (409), an open session for the same choice is given again, one for another choice is expired first. The
 * days left of a local trial are kept. Access starts when Stripe says so, not here. A private plan is sold to those on it only.
 * @throws TierNotFound, TierNotSelfService, StripePriceNotConfigured, SubscriptionConflict, MerchantClosed,
 *   StripeUnavailable
 */
export async function startPlanCheckout(
  db: Db,
  stripe: Stripe,
  request: CheckoutRequest & { tierCode: string; interval: 'month' | 'year'; currency: string },
): Promise<CheckoutAnswer> {
  const { account, now } = request;
  const tier = await getTier(db, account.platformId, request.tierCode);
  if (!tier.isActive) throw new TierNotFound(tier.code);
  if (!tier.isSelfService) throw new TierNotSelfService(tier.code);
  const price = findPrice(tier, request.currency, request.interval);
  if (!price?.stripePriceId) {
    throw new StripePriceNotConfigured({
      tier_code: tier.code,
      interval: request.interval,
      currency: request.currency,
    });
  }
  const current = await findCurrentSubscription(db, account);
  // A private plan is for those who have it: a successor, or nothing, takes its place for others.
  if (!tier.isPublic && current?.tierId !== tier.id) throw new TierNotFound(tier.code);
  if (livesAtStripe(current)) throw new SubscriptionConflict({ status: current?.status });
  const trialEnd = current && isLocalTrial(current, now) ? current.trialEnd : null;
  const stripePriceId = price.stripePriceId;
  return openSession(db, stripe, request, {
    kind: 'plan',
    choice: `${tier.code}:${request.interval}:${request.currency}`,
    priceId: stripePriceId,
    mode: 'subscription',
    marks: { tier: tier.code },
    trialEnd,
  });
}

export type Choice = {
  kind: CheckoutKind;
  /** The same words = the same session. */
  choice: string;
  priceId: string;
  mode: 'subscription' | 'payment';
  marks: Partial<Marks>;
  trialEnd?: Date | null;
  domain?: string;
};

/**
 * Opens a session for a choice: takes the one open place of the account and kind in the database, then asks Stripe under
 * a key of that place, so that a call that died in between or came twice ends in the same session.
 * @throws SubscriptionConflict, MerchantClosed, StripeUnavailable
 */
export async function openSession(
  db: Db,
  stripe: Stripe,
  request: CheckoutRequest,
  choice: Choice,
): Promise<CheckoutAnswer> {
  const customer = await ensureStripeCustomer(db, stripe, request.account.merchantId, request);
  for (let attempt = 0; attempt < 3; attempt++) {
    const place = await db.transaction((tx) => takePlace(tx, request, choice));
    if (place.choice === choice.choice && !place.stripeSessionId) {
      if (choice.kind === 'plan') {
        await refuseUnknownPlan(db, stripe, customer, request);
        await expireStrays(stripe, customer, place);
      }
      const made = await createSession(db, stripe, request, choice, customer, place);
      if (made) return made;
      continue;
    }
    const still = await reviewOpen(db, stripe, place, request);
    if (still && place.choice === choice.choice) return { checkout_url: still.url, session_id: still.id };
    if (still) await expireOpen(db, stripe, place, request);
  }
  throw new SubscriptionConflict({ reason: 'another checkout is being opened' });
}

/** Takes the open place, or finds who has it. The merchant's row is locked, so that two tabs at once share one. */
async function takePlace(db: Tx, request: CheckoutRequest, choice: Choice): Promise<SessionRow> {
  const { account, storeId } = request;
  await holdAccount(db, account);
  await db
    .select({ one: sql`1` })
    .from(customers)
    .where(eq(customers.merchantId, account.merchantId))
    .for('no key update');
  if (choice.marks.tier !== undefined) await holdTier(db, account, choice.marks.tier);
  const row = {
    id: newId('chk'),
    ...account,
    storeId,
    kind: choice.kind,
    choice: choice.choice,
    domain: choice.domain ?? null,
    createdBy: `${request.actor.kind}:${request.actor.id}`,
    expiresAt: addDays(request.now, 1),
    createdAt: request.now,
  };
  const open = and(
    eq(checkoutSessions.merchantId, account.merchantId),
    eq(checkoutSessions.platformId, account.platformId),
    eq(checkoutSessions.kind, choice.kind),
    eq(checkoutSessions.status, 'open'),
    // A plan has one place; add-ons and packages one for each thing that is bought.
    choice.kind === 'plan' ? undefined : eq(checkoutSessions.choice, choice.choice),
  );
  const [known] = await db.select().from(checkoutSessions).where(open);
  if (known) return known;
  const [taken] = await db.insert(checkoutSessions).values(row).onConflictDoNothing().returning();
  if (taken) return taken;
  const [other] = await db.select().from(checkoutSessions).where(open);
  if (!other) throw new SubscriptionConflict({ reason: 'another checkout is being opened' });
  return other;
}

/** A plan that is being bought is not deleted, from here on. @throws TierNotFound when it just was */
async function holdTier(tx: Tx, { platformId }: Account, code: string): Promise<void> {
  const [tier] = await tx
    .select({ id: tiers.id })
    .from(tiers)
    .where(and(eq(tiers.platformId, platformId), eq(tiers.code, code)))
    .for('key share');
  if (!tier) throw new TierNotFound(code);
}

/** Null when the place was tried for before, with other words, and is given up: the next one is tried with these. */
async function createSession(
  db: Db,
  stripe: Stripe,
  request: CheckoutRequest,
  choice: Choice,
  customer: string,
  place: SessionRow,
): Promise<CheckoutAnswer | null> {
  const { account, urls } = request;
  const marks = writeMarks({
    merchant: account.merchantId,
    platform: account.platformId,
    store: request.storeId ?? undefined,
    kind: choice.kind,
    ...choice.marks,
  });
  const session = await callStripe(() =>
    stripe.checkout.sessions.create(
      {
        mode: choice.mode,
        customer,
        customer_update: { name: 'auto', address: 'auto' },
        client_reference_id: account.merchantId,
        line_items: [{ price: choice.priceId, quantity: 1 }],
        success_url: urls.success,
        cancel_url: urls.cancel,
        allow_promotion_codes: true,
        billing_address_collection: 'required',
        tax_id_collection: { enabled: true },
        automatic_tax: { enabled: request.automaticTax },
        metadata: { ...marks, place: place.id },
        ...(choice.mode === 'payment'
          ? {
              invoice_creation: { enabled: true, invoice_data: { metadata: marks } },
              payment_intent_data: { metadata: marks },
            }
          : { subscription_data: { metadata: marks, ...trialOf(choice, place) } }),
      },
      { idempotencyKey: `checkout:${place.id}` },
    ),
  ).catch(async (error) => {
    // An answer that got lost may have been a yes: the next try asks again under the same key and gets the same session.
    const failure = error instanceof StripeUnavailable ? stripeError(error.cause) : null;
    if (failure?.type === 'StripeConnectionError' || isUnderWay(failure)) throw error;
    // Stripe repeats a failure under the same key: give the place up, so that the next try has a key of its own. Unless
    // another tab's session came to stand in it meanwhile: that one is open, and is what the next look finds.
    await db
      .update(checkoutSessions)
      .set({ status: 'expired' })
      .where(
        and(
          eq(checkoutSessions.id, place.id),
          eq(checkoutSessions.status, 'open'),
          isNull(checkoutSessions.stripeSessionId),
        ),
      );
    if (isKeyTaken(error)) return null;
    throw error;
  });
  if (!session) return null;
  if (!session.url) throw new SubscriptionConflict({ reason: 'the session is no longer open' });
  const [kept] = await db
    .update(checkoutSessions)
    .set({ stripeSessionId: session.id, url: session.url })
    .where(and(eq(checkoutSessions.id, place.id), eq(checkoutSessions.status, 'open')))
    .returning({ id: checkoutSessions.id });
  if (!kept) {
    // Another tab chose otherwise meanwhile and took the place: this session must not stay payable.
    await endUnpaid(stripe, session.id);
    throw new SubscriptionConflict({ reason: 'another choice was made meanwhile' });
  }
  return { checkout_url: session.url, session_id: session.id };
}

/**
 * A plan may live at Stripe that no event has told us of yet: it is brought in, and refuses a second one. One that was
 * never paid makes room, so that it cannot come to life beside the new one.
 * @throws SubscriptionConflict
 */
async function refuseUnknownPlan(
  db: Db,
  stripe: Stripe,
  customer: string,
  request: CheckoutRequest,
): Promise<void> {
  const list = await callStripe(() => stripe.subscriptions.list({ customer, limit: 100 }));
  const plans = list.data.filter((one) => {
    const marks = readMarks(one.metadata);
    return marks?.kind === 'plan' && marks.platform === request.account.platformId;
  });
  for (const { id, status } of plans) {
    if (status === 'incomplete') await callStripe(() => stripe.subscriptions.cancel(id));
    await settle(db, stripe, subscriptionMirror, id, request);
  }
  const current = await findCurrentSubscription(db, request.account);
  if (livesAtStripe(current)) throw new SubscriptionConflict({ status: current?.status });
}

/** Plan sessions of the account that are open at Stripe and hold no place of ours: their answer never reached us. */
async function expireStrays(stripe: Stripe, customer: string, place: SessionRow): Promise<void> {
  const open = await callStripe(() =>
    stripe.checkout.sessions.list({ customer, status: 'open', limit: 100 }),
  );
  for (const session of open.data) {
    const marks = readMarks(session.metadata);
    const same = marks?.kind === 'plan' && marks.platform === place.platformId;
    if (!same || session.metadata?.place === place.id) continue;
    await endUnpaid(stripe, session.id);
  }
}

/** Ends a session that must not be paid any more. @throws SubscriptionConflict when it just was */
async function endUnpaid(stripe: Stripe, id: string): Promise<void> {
  try {
    await callStripe(() => stripe.checkout.sessions.expire(id));
  } catch (error) {
    if (!isRefused(error)) throw error;
    const { status } = await callStripe(() => stripe.checkout.sessions.retrieve(id));
    if (status !== 'expired') throw new SubscriptionConflict({ reason: 'another checkout was just paid' });
  }
}

/** The remaining trial, at least 48 h; counted from when the place was taken, so that a repeated call says the same. */
function trialOf(choice: Choice, place: SessionRow): { trial_end?: number } {
  if (!choice.trialEnd) return {};
  const takenAt = addDays(place.expiresAt, -1).getTime();
  return { trial_end: toUnix(new Date(Math.max(choice.trialEnd.getTime(), takenAt + MIN_TRIAL_MS))) };
}

/** Asks Stripe how an open session stands. One that was completed or expired meanwhile is brought in, and null answered. */
async function reviewOpen(
  db: Db,
  stripe: Stripe,
  place: SessionRow,
  request: CheckoutRequest,
): Promise<{ id: string; url: string } | null> {
  const id = place.stripeSessionId;
  if (!id) {
    await db
      .update(checkoutSessions)
      .set({ status: 'expired' })
      .where(and(eq(checkoutSessions.id, place.id), eq(checkoutSessions.status, 'open')));
    return null;
  }
  const session = await callStripe(() => stripe.checkout.sessions.retrieve(id));
  if (session.status === 'open' && session.url) return { id, url: session.url };
  await bringIn(db, stripe, readSession(session), { actor: request.actor, now: request.now });
  if (session.status === 'complete' && place.kind === 'plan')
    throw new SubscriptionConflict({ reason: 'already bought' });
  return null;
}

async function expireOpen(
  db: Db,
  stripe: Stripe,
  place: SessionRow,
  request: CheckoutRequest,
): Promise<void> {
  const id = place.stripeSessionId;
  if (!id) return;
  try {
    await callStripe(() => stripe.checkout.sessions.expire(id));
  } catch (error) {
    // It was paid between our look and our word: then what was bought counts.
    if (!isRefused(error)) throw error;
    await reviewOpen(db, stripe, place, request);
    return;
  }
  await db.update(checkoutSessions).set({ status: 'expired' }).where(eq(checkoutSessions.id, place.id));
}

/**
 * The return page's doorbell: looks the session up at Stripe and brings in what it bought, by the same writer as the
 * webhook, whichever is first. Another merchant's session does not exist here.
 * @throws NotFound, StripeUnavailable
 */
export async function completeCheckout(
  db: Db,
  stripe: Stripe,
  input: { sessionId: string; merchantId: string; actor: Actor; now: Date },
): Promise<{ kind: CheckoutKind; status: string; paid: boolean }> {
  const session = await callStripe(() => stripe.checkout.sessions.retrieve(input.sessionId)).catch(
    (error) => {
      if (isRefused(error)) throw new NotFound('checkout session');
      throw error;
    },
  );
  const snapshot = readSession(session);
  if (snapshot.marks?.merchant !== input.merchantId) throw new NotFound('checkout session');
  await bringIn(db, stripe, snapshot, input);
  return { kind: snapshot.marks.kind, status: snapshot.status, paid: snapshot.paid };
}

/** Applies what a finished session bought: subscription, first invoice and card, or credits. Convergent. */
async function bringIn(db: Db, stripe: Stripe, session: SessionSnapshot, context: Act): Promise<void> {
  if (!session.subscriptionId) {
    await settle(db, stripe, sessionMirror, session.id, context);
    return;
  }
  const subscriptionId = session.subscriptionId;
  await settle(db, stripe, subscriptionMirror, subscriptionId, context, async (tx, outcome) => {
    if (outcome.kind === 'applied') await closeSession(tx, session);
  });
  await syncInvoicesAndCard(db, stripe, { subscriptionId, customerId: session.customerId }, context);
}

/** Brings in the latest invoice of a subscription and the customer's card, so that the page after it shows both. */
export async function syncInvoicesAndCard(
  db: Db,
  stripe: Stripe,
  of: { subscriptionId: string; customerId: string | null },
  context: Act,
): Promise<void> {
  const list = await callStripe(() => stripe.invoices.list({ subscription: of.subscriptionId, limit: 3 }));
  for (const invoice of list.data) {
    if (invoice.id) await settle(db, stripe, invoiceMirror, invoice.id, context);
  }
  if (of.customerId) await settle(db, stripe, customerMirror, of.customerId, context);
}
