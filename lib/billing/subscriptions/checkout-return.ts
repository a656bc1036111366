import type Stripe from 'stripe';
import type { Db } from '@/db/client';
import type { Act, Actor } from '@/lib/billing/audit';
import { syncCustomer } from '@/lib/billing/mirror/customer';
import { invoiceMirror } from '@/lib/billing/mirror/invoice';
import { closeSession, sessionMirror } from '@/lib/billing/mirror/session';
import { settle } from '@/lib/billing/mirror/settle';
import { subscriptionMirror } from '@/lib/billing/mirror/subscription';
import { NotFound } from '@/lib/errors';
import { callStripe, isRefused } from '@/lib/stripe/client';
import type { Marks } from '@/lib/stripe/metadata';
import { readSession, type SessionSnapshot } from '@/lib/stripe/session-snapshot';

/**
 * The return page's doorbell: looks the session up at Stripe and brings in what it bought, by the same writer as the
 * webhook, whichever is first. Another merchant's session does not exist here.
 * @throws NotFound, StripeUnavailable
 */
export async function completeCheckout(
  db: Db,
  stripe: Stripe,
  input: { sessionId: string; merchantId: string; actor: Actor; now: Date },
): Promise<{ kind: Marks['kind']; status: string; paid: boolean }> {
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
export async function bringIn(db: Db, stripe: Stripe, session: SessionSnapshot, context: Act): Promise<void> {
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
  if (of.customerId) await syncCustomer(db, stripe, of.customerId, context);
}
