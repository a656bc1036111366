import { and, eq, sql } from 'drizzle-orm';
import type Stripe from 'stripe';
import type { Db, Tx } from '@/db/client';
import { newId } from '@/db/ids';
import { checkoutSessions, customers, tiers } from '@/db/schema';
import { type Account, holdAccount, ofAccount } from '@/lib/billing/accounts';
import type { Actor } from '@/lib/billing/audit';
import type { TaxRules } from '@/lib/billing/customers/tax';
import { SubscriptionConflict, TierNotFound } from '@/lib/billing/errors';
import { callStripe, isRefused } from '@/lib/stripe/client';
import type { Marks } from '@/lib/stripe/metadata';
import { readSession } from '@/lib/stripe/session-snapshot';
import { addDays } from '@/lib/time';

import { bringIn } from './checkout-return';

export type SessionRow = typeof checkoutSessions.$inferSelect;
export type CheckoutKind = SessionRow['kind'];

/** Where Checkout returns to; `success` bears `{CHECKOUT_SESSION_ID}`. */
export type ReturnUrls = { success: string; cancel: string };

/** What all kinds of checkout share. */
export type CheckoutRequest = {
  account: Account;
  storeId: string | null;
  urls: ReturnUrls;
  tax: TaxRules;
  /** The payment methods that are offered; null leaves it to the account's settings. */
  methods: string[] | null;
  actor: Actor;
  now: Date;
};

export type CheckoutAnswer = { checkoutUrl: string; sessionId: string };

export type Choice = {
  kind: CheckoutKind;
  /** The same words = the same session. What it is, then `@` and what it costs: at another price it is another. */
  choice: string;
  priceId: string;
  mode: 'subscription' | 'payment';
  marks: Partial<Marks>;
  trialEnd?: Date | null;
  domain?: string;
};

/** Takes the open slot, or finds who has it. The merchant's row is locked, so that two tabs at once share one. */
export async function takeSlot(db: Tx, request: CheckoutRequest, choice: Choice): Promise<SessionRow> {
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
    ofAccount(checkoutSessions, account),
    eq(checkoutSessions.kind, choice.kind),
    eq(checkoutSessions.status, 'open'),
    // A plan has one slot; add-ons and packages one for each thing that is bought.
    choice.kind === 'plan'
      ? undefined
      : eq(sql`split_part(${checkoutSessions.choice}, '@', 1)`, choice.choice.split('@', 1)[0]),
  );
  const [known] = await db.select().from(checkoutSessions).where(open);
  if (known) return known;
  const [taken] = await db.insert(checkoutSessions).values(row).onConflictDoNothing().returning();
  if (taken) return taken;
  const [other] = await db.select().from(checkoutSessions).where(open);
  if (!other) throw new SubscriptionConflict({ reason: 'checkout_opening' });
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

/** Asks Stripe how an open session stands. One that was completed or expired meanwhile is brought in, and null answered. */
export async function reviewOpen(
  db: Db,
  stripe: Stripe,
  slot: SessionRow,
  request: CheckoutRequest,
): Promise<{ id: string; url: string } | null> {
  const id = slot.stripeSessionId;
  const giveUp = async () => {
    await db
      .update(checkoutSessions)
      .set({ status: 'expired' })
      .where(and(eq(checkoutSessions.id, slot.id), eq(checkoutSessions.status, 'open')));
    return null;
  };
  if (!id) return giveUp();
  const session = await callStripe(() => stripe.checkout.sessions.retrieve(id));
  if (session.status === 'open' && session.url) return { id, url: session.url };
  // Nothing was bought; its customer may be gone, and nobody's by now.
  if (session.status === 'expired') return giveUp();
  await bringIn(db, stripe, readSession(session), { actor: request.actor, now: request.now });
  if (session.status === 'complete' && slot.kind === 'plan')
    throw new SubscriptionConflict({ reason: 'already_bought' });
  return null;
}

export async function expireOpen(
  db: Db,
  stripe: Stripe,
  slot: SessionRow,
  request: CheckoutRequest,
): Promise<void> {
  const id = slot.stripeSessionId;
  if (!id) return;
  try {
    await callStripe(() => stripe.checkout.sessions.expire(id));
  } catch (error) {
    // It was paid between our look and our word: then what was bought counts.
    if (!isRefused(error)) throw error;
    await reviewOpen(db, stripe, slot, request);
    return;
  }
  await db.update(checkoutSessions).set({ status: 'expired' }).where(eq(checkoutSessions.id, slot.id));
}
