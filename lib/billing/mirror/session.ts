import { and, eq, sql } from 'drizzle-orm';
import type { Tx } from '@/db/client';
import {
  type Change,
  checkoutSessions,
  creditPackages,
  invoicePayments,
  invoices,
  moneyBack,
  platforms,
} from '@/db/schema';
import { grantPurchase, takeBackShare } from '@/lib/billing/account/bought-credits';
import type { Account } from '@/lib/billing/accounts';
import { type Act, record } from '@/lib/billing/audit';
import { readSession, type SessionSnapshot } from '@/lib/stripe/session-snapshot';
import { lockCustomer, Unrecognised } from './customer-lock';
import { type Mirror, momentOf } from './mirror';

/**
 * Checkout sessions. A plan's or an add-on's session only opens and closes the door: the subscription itself says what
 * was bought. A credit package is granted when the session says paid, once per session (stripe.md 30, 31).
 */
export const sessionMirror: Mirror<SessionSnapshot> = {
  read: readSession,

  async fetch(stripe, id) {
    const session = await stripe.checkout.sessions.retrieve(id);
    return { snapshot: readSession(session), at: momentOf(session.lastResponse) };
  },

  async syncNumber() {
    return null;
  },

  async apply(tx, snapshot, moment, context) {
    if (!snapshot.customerId) return { kind: 'ignored', code: 'no_customer' };
    const merchantId = await lockCustomer(tx, snapshot.customerId, snapshot.marks?.merchant);
    if (!merchantId) return { kind: 'ignored', code: 'unknown_customer' };
    const changes = await closeSession(tx, snapshot);
    if (snapshot.mode === 'payment' && snapshot.marks?.kind === 'credits' && snapshot.paid) {
      changes.push(...(await grantPackage(tx, merchantId, snapshot, moment.at, context)));
    }
    return { kind: 'applied', merchantId, changes };
  },
};

/** Marks our session row finished. A finished one stays so. */
export async function closeSession(tx: Tx, snapshot: SessionSnapshot): Promise<Change[]> {
  if (snapshot.status === 'open') return [];
  const status = snapshot.status === 'complete' ? 'complete' : 'expired';
  const [closed] = await tx
    .update(checkoutSessions)
    .set({ status })
    .where(and(eq(checkoutSessions.stripeSessionId, snapshot.id), eq(checkoutSessions.status, 'open')))
    .returning({ id: checkoutSessions.id });
  return closed
    ? [{ entity: 'checkout_session', id: closed.id, before: { status: 'open' }, after: { status } }]
    : [];
}

async function grantPackage(
  tx: Tx,
  merchantId: string,
  snapshot: SessionSnapshot,
  at: Date,
  context: Act,
): Promise<Change[]> {
  const marks = snapshot.marks;
  const [sold] = await tx
    .select({
      credits: creditPackages.credits,
      code: creditPackages.code,
      platformId: creditPackages.platformId,
    })
    .from(creditPackages)
    .innerJoin(platforms, eq(platforms.id, creditPackages.platformId))
    .where(
      and(
        eq(creditPackages.code, marks?.code ?? ''),
        sql`(${platforms.id} = ${marks?.platform ?? ''} or ${platforms.code} = ${marks?.platform ?? ''})`,
      ),
    );
  if (!sold) throw new Unrecognised('unmapped_price', { session: snapshot.id, package: marks?.code ?? null });
  if (snapshot.paymentIntentId) {
    await tx
      .insert(invoicePayments)
      .values({ reference: snapshot.paymentIntentId, stripeSessionId: snapshot.id, merchantId })
      .onConflictDoUpdate({ target: invoicePayments.reference, set: { stripeSessionId: snapshot.id } });
  }
  const account = { merchantId, platformId: sold.platformId };
  const credits = marks?.credits ? Number(marks.credits) : sold.credits;
  const granted = await grantPurchase(tx, account, {
    sessionId: snapshot.id,
    credits,
    packageCode: sold.code,
    at,
    actor: context.actor,
  });
  if (!granted) return [];
  const after = { package: sold.code, credits };
  await record(tx, context, 'credits.purchased', { id: snapshot.id, ...account }, { after });
  await takeBackRefunded(tx, account, snapshot, context);
  return [{ entity: 'credits', id: snapshot.id, before: null, after }];
}

/** The refund may have been told before the purchase: then what it takes back is taken now. */
async function takeBackRefunded(
  tx: Tx,
  account: Account,
  snapshot: SessionSnapshot,
  context: Act,
): Promise<void> {
  if (!snapshot.invoiceId) return;
  const refunds = await tx
    .select({ amount: moneyBack.amount, charged: invoices.amountPaid })
    .from(moneyBack)
    .innerJoin(invoices, eq(invoices.id, moneyBack.invoiceId))
    .where(and(eq(invoices.stripeInvoiceId, snapshot.invoiceId), eq(moneyBack.kind, 'refund')));
  const refunded = refunds.reduce((sum, one) => sum + one.amount, 0);
  const charged = refunds[0]?.charged;
  if (charged) await takeBackShare(tx, account, snapshot.id, refunded / charged, context);
}
