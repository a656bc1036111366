import { and, eq, isNotNull, isNull, notExists, sql } from 'drizzle-orm';
import type Stripe from 'stripe';
import type { Db, Tx } from '@/db/client';
import {
  checkoutSessions,
  customers,
  invitations,
  invoices,
  memberships,
  merchants,
  storeAddOns,
  stores,
  subscriptions,
  users,
  vatProofs,
} from '@/db/schema';
import { type Actor, entry, record, recordAll } from '@/lib/billing/audit';
import { endOverridesOf } from '@/lib/billing/entitlements/override-end';
import { EditConflict, MerchantClosed } from '@/lib/billing/errors';
import { settle } from '@/lib/billing/mirror/settle';
import { subscriptionMirror } from '@/lib/billing/mirror/subscription';
import { NotFound } from '@/lib/errors';
import { callStripe, isMissing } from '@/lib/stripe/client';
import { PaymentsNotConfigured } from '@/lib/stripe/errors';
import { revokeKeysOf } from './api-keys';
import { queueErasure } from './personal-data';

type Closing = { merchantId: string; reason: string; actor: Actor; now: Date };

/**
 * Closes a merchant: its subscriptions end at Stripe at once and the customer is deleted there, then the people and the
 * personal data here are erased. Invoices and the audit trail stay: the law wants them. Safe to repeat after a failure.
 * Without Stripe only one whom Stripe does not know: another would be charged on.
 * @throws NotFound, MerchantClosed, PaymentsNotConfigured, StripeUnavailable, EditConflict
 */
export async function closeMerchant(db: Db, stripe: Stripe | null, input: Closing): Promise<void> {
  const [merchant] = await db.select().from(merchants).where(eq(merchants.id, input.merchantId));
  if (!merchant) throw new NotFound('merchant', input.merchantId);
  if (merchant.closedAt) throw new MerchantClosed(input.merchantId);
  // Until the merchant is held it may become a customer again: then that one ends as well.
  for (let attempt = 0; attempt < 3; attempt++) {
    const ended = await endAtStripe(db, stripe, input);
    if (await db.transaction((tx) => erase(tx, merchant.name, ended, input))) return;
  }
  throw new EditConflict();
}

/** Ends what is charged and deletes the customer. Answers its id, null when Stripe has none. */
async function endAtStripe(db: Db, stripe: Stripe | null, input: Closing): Promise<string | null> {
  const [customer] = await db.select().from(customers).where(eq(customers.merchantId, input.merchantId));
  const id = customer?.stripeCustomerId;
  if (!id || customer.deletedAtStripe) return null;
  if (!stripe) throw new PaymentsNotConfigured();
  for (const subscriptionId of await listLiveAtStripe(db, input.merchantId)) {
    await callStripe(() => stripe.subscriptions.cancel(subscriptionId)).catch(orMissing);
    await settle(db, stripe, subscriptionMirror, subscriptionId, input);
  }
  await callStripe(() => stripe.customers.del(id)).catch(orMissing);
  return id;
}

const orMissing = (error: unknown): void => {
  if (!isMissing(error)) throw error;
};

/** The subscriptions at Stripe, plans and add-ons, that have not ended. */
async function listLiveAtStripe(db: Db, merchantId: string): Promise<string[]> {
  const [plans, extras] = await Promise.all([
    db
      .select({ id: subscriptions.stripeSubscriptionId })
      .from(subscriptions)
      .where(
        and(
          eq(subscriptions.merchantId, merchantId),
          isNotNull(subscriptions.stripeSubscriptionId),
          isNull(subscriptions.endedAt),
        ),
      ),
    db
      .selectDistinct({ id: storeAddOns.stripeSubscriptionId })
      .from(storeAddOns)
      .where(and(eq(storeAddOns.merchantId, merchantId), isNull(storeAddOns.endedAt))),
  ]);
  return [...new Set([...plans, ...extras].flatMap(({ id }) => id ?? []))];
}

/** Answers false, with nothing written, when another customer than `ended` lives at Stripe. */
async function erase(tx: Tx, name: string, ended: string | null, input: Closing): Promise<boolean> {
  const { merchantId, now } = input;
  const gone = `closed+${merchantId}@invalid`;
  // Waits for `holdAccount`: what was given meanwhile ends here too. References to the merchant may go on.
  const [held] = await tx
    .select({ closedAt: merchants.closedAt })
    .from(merchants)
    .where(eq(merchants.id, merchantId))
    .for('no key update');
  if (held?.closedAt) throw new MerchantClosed(merchantId);
  const [customer] = await tx
    .select({ id: customers.stripeCustomerId, deletedAt: customers.deletedAtStripe })
    .from(customers)
    .where(eq(customers.merchantId, merchantId))
    .for('no key update');
  if (customer?.id && !customer.deletedAt && customer.id !== ended) return false;
  // Nobody joins by a link that was sent before.
  await tx
    .update(invitations)
    .set({
      email: gone,
      closedAt: sql`coalesce(${invitations.closedAt}, ${now.toISOString()})`,
      outcome: sql`coalesce(${invitations.outcome}, 'withdrawn')`,
    })
    .where(eq(invitations.merchantId, merchantId));
  await endLocalPlans(tx, input);
  await endOverridesOf(tx, merchantId, input);
  await revokeKeysOf(tx, merchantId, input.actor);
  // The customer is gone, so nobody can pay them; a domain is free again.
  await tx
    .update(checkoutSessions)
    .set({ status: 'expired' })
    .where(and(eq(checkoutSessions.merchantId, merchantId), eq(checkoutSessions.status, 'open')));
  const people = await tx
    .delete(memberships)
    .where(eq(memberships.merchantId, merchantId))
    .returning({ id: memberships.userId });
  for (const { id } of people) {
    // Who works here, or belongs to another merchant too, stays who they are.
    const others = tx.select({ one: sql`1` }).from(memberships).where(eq(memberships.userId, id));
    await tx
      .update(users)
      .set({ email: `closed+${id}@invalid`, name: 'Closed account', passwordHash: null, disabledAt: now })
      .where(and(eq(users.id, id), isNull(users.staffRole), notExists(others)));
  }
  const billed = await wasBilled(tx, merchantId);
  await tx
    .update(customers)
    .set({
      name: '',
      email: '',
      line1: '',
      line2: '',
      postalCode: '',
      city: '',
      state: '',
      ...(billed ? {} : NO_VAT_NUMBER),
      stripeTaxId: null,
      taxIds: [],
      cardBrand: null,
      cardLast4: null,
      deletedAtStripe: now,
    })
    .where(eq(customers.merchantId, merchantId));
  if (!billed) await tx.delete(vatProofs).where(eq(vatProofs.merchantId, merchantId));
  await tx
    .update(merchants)
    .set({ name: 'Closed merchant', email: gone, closedAt: now })
    .where(eq(merchants.id, merchantId));
  await tx.update(stores).set({ name: 'Closed store' }).where(eq(stores.merchantId, merchantId));
  await queueErasure(tx, merchantId, new Date());
  await record(
    tx,
    { actor: input.actor, now },
    'merchant.closed',
    { id: merchantId, merchantId },
    {
      before: { people: people.length, name: name.length > 0 },
      after: { closed: true },
      reason: input.reason,
    },
  );
  return true;
}

/** Where invoices stay, the number they bear and the proof of it stay with them: it may be why they bear no tax. */
const NO_VAT_NUMBER = {
  vatNumber: null,
  vatTyped: null,
  vatStatus: 'none',
  vatCheckedAt: null,
  vatConsultationNumber: null,
  vatProof: null,
  vatName: null,
  vatAddress: null,
  vatNextCheckAt: null,
  vatTrouble: null,
} as const;

async function wasBilled(tx: Tx, merchantId: string): Promise<boolean> {
  const [bill] = await tx
    .select({ id: invoices.id })
    .from(invoices)
    .where(eq(invoices.merchantId, merchantId))
    .limit(1);
  return bill !== undefined;
}

/** Ends the trials and given plans, which Stripe knows nothing of. */
async function endLocalPlans(tx: Tx, { merchantId, reason, actor, now }: Closing): Promise<void> {
  const open = and(
    eq(subscriptions.merchantId, merchantId),
    isNull(subscriptions.stripeSubscriptionId),
    isNull(subscriptions.endedAt),
  );
  const before = await tx.select().from(subscriptions).where(open).for('update');
  const after = { status: 'canceled' as const, endedAt: now };
  await tx
    .update(subscriptions)
    .set({ ...after, updatedAt: new Date() })
    .where(open);
  await recordAll(
    tx,
    { actor, now },
    before.map(({ id, platformId, status }) =>
      entry(
        'subscription.cancelled_now',
        { id, merchantId, platformId },
        { before: { status }, after, reason },
      ),
    ),
  );
}
