import { and, asc, eq, isNull } from 'drizzle-orm';
import type { Tx } from '@/db/client';
import { newId } from '@/db/ids';
import { customers, emails, memberships, merchants, users } from '@/db/schema';
import { enqueue } from '@/lib/queue';
import type { Account } from './accounts';

export type EmailTemplate =
  | 'trial_ending'
  | 'trial_ended'
  | 'payment_failed'
  | 'action_required'
  | 'receipt'
  | 'cancelled'
  | 'vat_charged'
  | 'vat_not_charged'
  | 'limit_approaching'
  | 'limit_reached'
  | 'magic_link'
  | 'password_reset'
  | 'invitation';

/**
 * Asks for an e-mail in the transaction of its cause. One `key` is one e-mail, however often it is asked for. The worker
 * sends it after the commit.
 */
export async function queueEmail(
  tx: Tx,
  email: {
    key: string;
    template: EmailTemplate;
    recipient: string;
    locale: string;
    merchantId?: string;
    data: Record<string, unknown>;
    at: Date;
  },
): Promise<void> {
  const id = newId('eml');
  const { key, ...rest } = email;
  const written = await tx
    .insert(emails)
    .values({ id, dedupeKey: key, ...rest })
    .onConflictDoNothing()
    .returning({ id: emails.id });
  if (written.length > 0) await enqueue(tx, 'send_email', { id }, { key: `send_email:${id}` });
}

/** Whom a merchant's bills go to: the billing address, in the language of the first owner; nobody of a closed one. */
export async function findRecipient(
  tx: Tx,
  merchantId: string,
): Promise<{ recipient: string; locale: string } | null> {
  const [row] = await tx
    .select({ billing: customers.email, merchant: merchants.email, locale: users.locale })
    .from(merchants)
    .leftJoin(customers, eq(customers.merchantId, merchants.id))
    .leftJoin(memberships, and(eq(memberships.merchantId, merchants.id), eq(memberships.role, 'owner')))
    .leftJoin(users, eq(users.id, memberships.userId))
    .where(and(eq(merchants.id, merchantId), isNull(merchants.closedAt)))
    .orderBy(asc(memberships.createdAt))
    .limit(1);
  return row ? { recipient: row.billing || row.merchant, locale: row.locale ?? 'en' } : null;
}

type InvoiceFacts = Account & {
  id: string;
  kind: 'plan' | 'add_on' | 'credits';
  status: string;
  number: string | null;
  total: number;
  currency: string;
  amountDue: number;
  amountPaid: number;
  attemptCount: number;
  nextAttemptAt: Date | null;
  failureCode: string | null;
  hostedInvoiceUrl: string | null;
};

/** The page of ours that leads to an invoice at Stripe, by a fresh link; `pdf` to the file. */
export const invoicePath = (id: string, as?: 'pdf'): string => `/invoices/${id}${as ? '?as=pdf' : ''}`;

/** A receipt when money came, a notice for each failed try; a 0.00 invoice needs neither. */
export async function queueInvoiceEmail(
  tx: Tx,
  invoice: InvoiceFacts,
  before: string | null,
  now: Date,
): Promise<void> {
  const paid = invoice.status === 'paid' && before !== 'paid' && invoice.amountPaid > 0;
  const failed = invoice.status === 'open' && invoice.attemptCount > 0;
  if (!paid && !failed) return;
  const to = await findRecipient(tx, invoice.merchantId);
  if (!to) return;
  const action = invoice.failureCode === 'authentication_required';
  await queueEmail(tx, {
    key: paid ? `receipt:${invoice.id}` : `payment_failed:${invoice.id}:${invoice.attemptCount}`,
    template: paid ? 'receipt' : action ? 'action_required' : 'payment_failed',
    ...to,
    merchantId: invoice.merchantId,
    data: {
      number: invoice.number,
      amount: paid ? invoice.amountPaid : invoice.amountDue,
      currency: invoice.currency,
      path: invoice.hostedInvoiceUrl ? invoicePath(invoice.id) : null,
      failure: invoice.failureCode,
      nextAttemptAt: invoice.nextAttemptAt?.toISOString() ?? null,
    },
    at: now,
  });
}
