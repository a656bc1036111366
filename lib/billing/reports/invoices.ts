import { and, desc, eq, ne } from 'drizzle-orm';
import type Stripe from 'stripe';
import type { Db } from '@/db/client';
import { invoices } from '@/db/schema';
import { findCurrentSubscription, livesAtStripe } from '@/lib/billing/account/subscription';
import { type Account, ofAccount } from '@/lib/billing/accounts';
import { getCustomer } from '@/lib/billing/customers/customers';
import { foreseenBill } from '@/lib/billing/customers/foreseen-bill';
import { decideTax, type TaxRules } from '@/lib/billing/customers/tax';
import { NoActiveSubscription } from '@/lib/billing/errors';
import { type Cursor, olderThan } from '@/lib/page';
import { callStripe, isMissing, stripeError } from '@/lib/stripe/client';
import { PaymentsNotConfigured } from '@/lib/stripe/errors';
import { leftOut, readInvoice } from '@/lib/stripe/invoice-snapshot';

export type InvoiceRow = typeof invoices.$inferSelect;

/**
 * What is still to be paid of an invoice, minor units: Stripe's `amount_due` is less what the credit balance paid and what was
 * credited before it was paid, never less what was paid. Pure.
 */
export const stillDue = (row: Pick<InvoiceRow, 'status' | 'amountDue' | 'amountPaid'>): number =>
  row.status === 'open' || row.status === 'uncollectible' ? Math.max(0, row.amountDue - row.amountPaid) : 0;

/** An account's invoices, newest first, by cursor. Drafts are Stripe's own business until they are finalised. */
export async function listInvoices(
  db: Db,
  account: Account,
  page: { limit: number; before?: Cursor },
): Promise<InvoiceRow[]> {
  return db
    .select()
    .from(invoices)
    .where(
      and(
        ofAccount(invoices, account),
        ne(invoices.status, 'draft'),
        olderThan(invoices.issuedAt, invoices.id, page.before),
      ),
    )
    .orderBy(desc(invoices.issuedAt), desc(invoices.id))
    .limit(page.limit);
}

/**
 * Where Stripe shows an invoice now. Null where there is none, for this reader: `mayRead` is asked with the merchant it is of.
 * @throws StripeUnavailable, PaymentsNotConfigured
 */
export async function findFreshInvoice(
  db: Db,
  stripe: Stripe | null,
  id: string,
  as: 'page' | 'pdf',
  mayRead: (merchantId: string) => boolean,
): Promise<string | null> {
  const [row] = await db
    .select({ merchantId: invoices.merchantId, stripeId: invoices.stripeInvoiceId })
    .from(invoices)
    .where(eq(invoices.id, id));
  if (!row || !mayRead(row.merchantId)) return null;
  if (!stripe) throw new PaymentsNotConfigured();
  const fresh = await callStripe(() => stripe.invoices.retrieve(row.stripeId)).catch((error) => {
    if (isMissing(error)) return null;
    throw error;
  });
  return (as === 'pdf' ? fresh?.invoice_pdf : fresh?.hosted_invoice_url) ?? null;
}

/**
 * The next invoice as Stripe would make it now. Null when none will come (it ends before).
 * @throws NoActiveSubscription, StripeUnavailable
 */
export async function previewUpcomingInvoice(db: Db, stripe: Stripe, account: Account, tax: TaxRules) {
  const current = await findCurrentSubscription(db, account);
  const id = current?.stripeSubscriptionId;
  if (!current || !id || !livesAtStripe(current)) throw new NoActiveSubscription();
  if (current.cancelAt && current.currentPeriodEnd && current.cancelAt <= current.currentPeriodEnd)
    return null;
  const preview = await callStripe(() => stripe.invoices.createPreview({ subscription: id })).catch(
    (error) => {
      // Nothing will come: it ends at Stripe, and we have yet to hear of it (stripe.md D61).
      if (isMissing(error) || stripeError(error)?.code === 'invoice_upcoming_none') return null;
      throw error;
    },
  );
  if (!preview) return null;
  // A preview has no id of its own (stripe.md 28).
  const invoice = readInvoice({ ...preview, id: preview.id ?? 'upcoming' });
  const at = current.status === 'trialing' ? current.trialEnd : current.currentPeriodEnd;
  return {
    date: at,
    ...foreseenBill(preview, decideTax(await getCustomer(db, account.merchantId), tax)),
    lines: invoice.lines.map((line) => ({
      description: line.description,
      amount: line.amount,
      periodStart: new Date(line.periodStart * 1000),
      periodEnd: new Date(line.periodEnd * 1000),
    })),
    // What further lines come to; null when these are all.
    linesLeftOut: leftOut(preview),
  };
}
