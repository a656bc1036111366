import { and, asc, eq, gt } from 'drizzle-orm';
import type { Tx } from '@/db/client';
import { invoices, platforms, type subscriptions } from '@/db/schema';
import type { InvoiceSnapshot } from '@/lib/stripe/invoice-snapshot';
import type { SubscriptionSnapshot } from '@/lib/stripe/subscription-snapshot';
import { addDays } from '@/lib/time';

type Row = typeof subscriptions.$inferSelect;
export type Dunning = Pick<
  Row,
  'pastDueSince' | 'graceUntil' | 'attemptCount' | 'nextAttemptAt' | 'amountDue' | 'failureCode'
>;

/** Nothing is owed. */
export const NOT_BEHIND: Dunning = {
  pastDueSince: null,
  graceUntil: null,
  attemptCount: 0,
  nextAttemptAt: null,
  amountDue: 0,
  failureCode: null,
};

type OpenInvoice = {
  attemptCount: number;
  nextAttemptAt: Date | null;
  amountDue: number;
  failureCode: string | null;
  issuedAt: Date;
};

/**
 * The facts of a subscription that is behind on payment, from its unpaid invoices: since when (the first attempt, which
 * Stripe makes as it finalises the invoice), until when grace gives access, how many tries, when the next. All are read
 * from mirrored facts, so the order of events does not matter. Paid up = nothing is left of it.
 */
export async function loadDunning(
  tx: Tx,
  platformId: string,
  snapshot: Pick<SubscriptionSnapshot, 'id' | 'latestInvoice'>,
  status: Row['status'],
  at: Date,
  row: Row | undefined,
): Promise<Dunning> {
  const behind = status === 'past_due' || status === 'unpaid' || status === 'incomplete';
  if (!behind) return NOT_BEHIND;
  const unpaid: OpenInvoice[] = await tx
    .select({
      attemptCount: invoices.attemptCount,
      nextAttemptAt: invoices.nextAttemptAt,
      amountDue: invoices.amountDue,
      failureCode: invoices.failureCode,
      issuedAt: invoices.issuedAt,
    })
    .from(invoices)
    .where(
      and(
        eq(invoices.stripeSubscriptionId, snapshot.id),
        eq(invoices.status, 'open'),
        gt(invoices.attemptCount, 0),
      ),
    )
    .orderBy(asc(invoices.issuedAt));
  const latest = snapshot.latestInvoice;
  if (unpaid.length === 0 && latest?.status === 'open') unpaid.push(fromSnapshot(latest));
  const first = unpaid[0];
  const last = unpaid.at(-1);
  const since = status === 'incomplete' ? null : (first?.issuedAt ?? row?.pastDueSince ?? at);
  const grace = since ? addDays(since, await graceDays(tx, platformId)) : null;
  if (!last) return { ...NOT_BEHIND, pastDueSince: since, graceUntil: grace };
  return {
    pastDueSince: since,
    graceUntil: grace,
    attemptCount: last.attemptCount,
    nextAttemptAt: last.nextAttemptAt,
    amountDue: unpaid.reduce((sum, invoice) => sum + invoice.amountDue, 0),
    failureCode: last.failureCode,
  };
}

function fromSnapshot(invoice: InvoiceSnapshot): OpenInvoice {
  return {
    attemptCount: invoice.attemptCount,
    nextAttemptAt: invoice.nextAttemptAt,
    amountDue: invoice.amountDue,
    failureCode: invoice.failure?.code ?? null,
    issuedAt: invoice.finalizedAt ?? invoice.createdAt,
  };
}

async function graceDays(tx: Tx, platformId: string): Promise<number> {
  const [platform] = await tx
    .select({ days: platforms.graceDays })
    .from(platforms)
    .where(eq(platforms.id, platformId));
  return platform?.days ?? 7;
}
