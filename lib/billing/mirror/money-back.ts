import { and, eq, inArray } from 'drizzle-orm';
import type Stripe from 'stripe';
import type { Db, Tx } from '@/db/client';
import { type Change, checkoutSessions, invoicePayments, invoices, moneyBack } from '@/db/schema';
import { takeBackShare } from '@/lib/billing/account/bought-credits';
import { type Act, record } from '@/lib/billing/audit';
import { fetchDispute, fetchRefunds, type MoneyBackSnapshot } from '@/lib/stripe/money-back-snapshot';
import { lockCustomer, Unrecognised } from './customer-lock';
import { weighIssue } from './invoice-vat';
import { type Mirror, type Moment, momentOf } from './mirror';

type Load = (
  stripe: Stripe,
  id: string,
) => Promise<{
  snapshot: MoneyBackSnapshot;
  response: { lastResponse: { headers: Record<string, string> } };
}>;

const mirror = (load: Load): Mirror<MoneyBackSnapshot> => ({
  read() {
    throw new Error('a charge does not name its invoice; it must be fetched');
  },
  async fetch(stripe, id) {
    const { snapshot, response } = await load(stripe, id);
    return { snapshot, at: momentOf(response.lastResponse) };
  },
  async syncNumber() {
    return null;
  },
  apply,
});

/** What was refunded of a charge; the id is the charge's. */
export const refundMirror = mirror(fetchRefunds);
/** A dispute. */
export const disputeMirror = mirror(fetchDispute);

/**
 * Writes how much went back. Only fetched states come here, and each replaces an earlier one by Stripe's clock, so a
 * late one changes nothing. Credits that were bought with the money are taken back, once per amount.
 */
async function apply(tx: Tx, snapshot: MoneyBackSnapshot, moment: Moment, context: Act) {
  const merchantId = snapshot.customerId ? await lockCustomer(tx, snapshot.customerId, undefined) : null;
  if (!merchantId) return { kind: 'ignored' as const, code: 'unknown_customer' as const };
  const paidFor = await findPaidFor(tx, snapshot);
  if (!paidFor)
    throw new Unrecognised('unknown_platform', { charge: snapshot.chargeId, invoices: snapshot.invoiceIds });
  const [row] = await tx.select().from(moneyBack).where(eq(moneyBack.stripeId, snapshot.id));
  if (row?.syncedAt && row.syncedAt > moment.at) return { kind: 'applied' as const, merchantId, changes: [] };
  if (row && row.amount === snapshot.amount && row.status === snapshot.status) {
    return { kind: 'applied' as const, merchantId, changes: [] };
  }
  const account = { merchantId, platformId: paidFor.platformId };
  const next = {
    amount: snapshot.amount,
    status: snapshot.status,
    reason: snapshot.reason,
    invoiceId: paidFor.invoiceId,
    syncedAt: moment.at,
  };
  await tx
    .insert(moneyBack)
    .values({
      stripeId: snapshot.id,
      kind: snapshot.kind,
      ...account,
      currency: snapshot.currency,
      at: snapshot.at,
      ...next,
    })
    .onConflictDoUpdate({ target: moneyBack.stripeId, set: next });
  if (paidFor.invoiceId) {
    const facts =
      snapshot.kind === 'refund'
        ? { refunded: await sumRefunds(tx, paidFor.invoiceId) }
        : { disputedAt: snapshot.at, disputeStatus: snapshot.status };
    const whose = eq(invoices.id, paidFor.invoiceId);
    const [invoice] = await tx.update(invoices).set(facts).where(whose).returning();
    const vatIssue = invoice && (await weighIssue(tx, invoice));
    if (invoice && invoice.vatIssue !== vatIssue) await tx.update(invoices).set({ vatIssue }).where(whose);
  }
  if (snapshot.kind === 'refund' && paidFor.sessionId && snapshot.charged) {
    await takeBackShare(tx, account, paidFor.sessionId, snapshot.amount / snapshot.charged, context);
  }
  const change: Change = {
    entity: snapshot.kind,
    id: snapshot.id,
    before: row ? { amount: row.amount, status: row.status } : null,
    after: { amount: snapshot.amount, status: snapshot.status, currency: snapshot.currency },
  };
  await record(
    tx,
    context,
    `${snapshot.kind}.${row ? 'updated' : 'created'}`,
    { id: snapshot.id, ...account },
    { before: change.before, after: change.after },
  );
  return { kind: 'applied' as const, merchantId, changes: [change] };
}

/** All that went back of one invoice: several payments may have paid it. */
async function sumRefunds(tx: Tx, invoiceId: string): Promise<number> {
  const rows = await tx
    .select({ amount: moneyBack.amount })
    .from(moneyBack)
    .where(and(eq(moneyBack.invoiceId, invoiceId), eq(moneyBack.kind, 'refund')));
  return rows.reduce((sum, row) => sum + row.amount, 0);
}

/** Which account, invoice and Checkout session a payment belongs to. */
async function findPaidFor(db: Db, snapshot: MoneyBackSnapshot) {
  const references = [snapshot.chargeId, ...(snapshot.paymentIntentId ? [snapshot.paymentIntentId] : [])];
  const links = await db.select().from(invoicePayments).where(inArray(invoicePayments.reference, references));
  const sessionId = links.find((link) => link.stripeSessionId)?.stripeSessionId ?? null;
  const stripeIds = [...snapshot.invoiceIds, ...links.flatMap((link) => link.stripeInvoiceId ?? [])];
  const [invoice] =
    stripeIds.length > 0
      ? await db.select().from(invoices).where(inArray(invoices.stripeInvoiceId, stripeIds))
      : [];
  if (invoice) return { platformId: invoice.platformId, invoiceId: invoice.id, sessionId };
  if (!sessionId) return null;
  const [session] = await db
    .select({ platformId: checkoutSessions.platformId })
    .from(checkoutSessions)
    .where(eq(checkoutSessions.stripeSessionId, sessionId));
  return session ? { platformId: session.platformId, invoiceId: null, sessionId } : null;
}
