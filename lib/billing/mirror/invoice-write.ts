import { eq } from 'drizzle-orm';
import type { Tx } from '@/db/client';
import { type Change, invoicePayments, invoices, subscriptions } from '@/db/schema';
import { type Act, changedFields, record } from '@/lib/billing/audit';
import { Unrecognised } from '@/lib/billing/mirror/customer-lock';
import { loadDunning } from '@/lib/billing/mirror/dunning';
import { upsertMirrored } from '@/lib/billing/mirror/mirror';
import { queueInvoiceEmail } from '@/lib/billing/notices';
import type { InvoiceSnapshot } from '@/lib/stripe/invoice-snapshot';
import { DAY_MS } from '@/lib/time';
import type { BilledFor, InvoiceRow } from './invoice-owner';
import { issuedAt, vatColumns } from './invoice-vat';

/** What is older is history: no e-mail is sent about it. */
const NEWS_MS = 7 * DAY_MS;

export async function writeInvoice(
  tx: Tx,
  of: { merchantId: string; billedFor: BilledFor; row: InvoiceRow | undefined; snapshot: InvoiceSnapshot },
  at: Date,
  context: Act,
): Promise<Change[]> {
  const { merchantId, billedFor, row, snapshot } = of;
  const next = {
    stripeSubscriptionId: snapshot.subscriptionId,
    number: snapshot.number,
    status: readStatus(snapshot.status),
    billingReason: snapshot.billingReason,
    currency: snapshot.currency,
    subtotal: snapshot.subtotal,
    tax: snapshot.tax,
    total: snapshot.total,
    amountDue: snapshot.amountDue,
    amountPaid: snapshot.amountPaid,
    credited: snapshot.credited,
    attemptCount: snapshot.attemptCount,
    nextAttemptAt: snapshot.nextAttemptAt,
    failureCode:
      snapshot.failure === undefined ? (row?.failureCode ?? null) : (snapshot.failure?.code ?? null),
    failureMessage:
      snapshot.failure === undefined ? (row?.failureMessage ?? null) : (snapshot.failure?.message ?? null),
    ...(await vatColumns(tx, merchantId, row, snapshot)),
    issuedAt: issuedAt(snapshot),
    dueAt: snapshot.dueAt,
    paidAt: snapshot.paidAt,
    periodStart: snapshot.periodStart,
    periodEnd: snapshot.periodEnd,
    hostedInvoiceUrl: snapshot.hostedInvoiceUrl,
    invoicePdf: snapshot.invoicePdf,
    lines: snapshot.lines,
  };
  if (next.status === 'paid')
    Object.assign(next, { failureCode: null, failureMessage: null, nextAttemptAt: null });
  const account = { merchantId, platformId: billedFor.platformId };
  const change = await upsertMirrored(tx, { table: invoices, entity: 'invoice', prefix: 'inv' }, row, next, {
    sync: { syncedAt: at, syncNumber: (row?.syncNumber ?? 0) + 1 },
    fresh: () => ({ stripeInvoiceId: snapshot.id, ...account, kind: billedFor.kind }),
  });
  if (snapshot.paymentReferences.length > 0) {
    await tx
      .insert(invoicePayments)
      .values(
        snapshot.paymentReferences.map((reference) => ({
          reference,
          stripeInvoiceId: snapshot.id,
          merchantId,
        })),
      )
      .onConflictDoUpdate({ target: invoicePayments.reference, set: { stripeInvoiceId: snapshot.id } });
  }
  if (!change) return [];
  const { id } = change;
  await record(
    tx,
    context,
    row ? 'invoice.updated' : 'invoice.created',
    { id, ...account },
    {
      before: row ? { status: row.status, amountPaid: row.amountPaid } : null,
      after: {
        number: next.number,
        status: next.status,
        total: next.total,
        amountPaid: next.amountPaid,
        currency: next.currency,
      },
    },
  );
  if (snapshot.subscriptionId) await refreshDunning(tx, snapshot.subscriptionId, at);
  // Nobody wants a receipt of last year's because history was brought in today.
  const isNews = (next.paidAt ?? at).getTime() > context.now.getTime() - NEWS_MS;
  if (isNews && !context.quiet) {
    await queueInvoiceEmail(
      tx,
      { id, ...account, kind: billedFor.kind, ...next },
      row?.status ?? null,
      context.now,
    );
  }
  return [change];
}

/** Puts the facts of unpaid invoices on their subscription; see dunning.ts. */
async function refreshDunning(tx: Tx, stripeSubscriptionId: string, at: Date): Promise<void> {
  const [row] = await tx
    .select()
    .from(subscriptions)
    .where(eq(subscriptions.stripeSubscriptionId, stripeSubscriptionId));
  if (!row) return;
  const facts = await loadDunning(
    tx,
    row.platformId,
    { id: stripeSubscriptionId, latestInvoice: null },
    row.status,
    at,
    row,
  );
  if (changedFields(row as Partial<typeof facts>, facts)) {
    await tx.update(subscriptions).set(facts).where(eq(subscriptions.id, row.id));
  }
}

export function readStatus(status: string): InvoiceRow['status'] {
  const known = (['draft', 'open', 'paid', 'void', 'uncollectible'] as const).find((one) => one === status);
  if (!known) throw new Unrecognised('unknown_status', { status });
  return known;
}
