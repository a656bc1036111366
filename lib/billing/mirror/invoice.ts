import { eq, sql } from 'drizzle-orm';
import type { Tx } from '@/db/client';
import { type Change, invoicePayments, invoices, platforms, storeAddOns, subscriptions } from '@/db/schema';
import { type Act, changedFields, record } from '@/lib/billing/audit';
import { queueInvoiceEmail } from '@/lib/billing/notices';
import { expand } from '@/lib/stripe/expansions';
import { type InvoiceSnapshot, readInvoice } from '@/lib/stripe/invoice-snapshot';
import { DAY_MS } from '@/lib/time';
import { loadDunning } from './dunning';
import { recogniseItems } from './items';
import { lockCustomer, type Mirror, mayApply, momentOf, Unrecognised, upsertMirrored } from './mirror';

type Row = typeof invoices.$inferSelect;

/** Statuses from which an invoice does not come back. `uncollectible` may still be paid. */
const FINAL: Row['status'][] = ['paid', 'void'];

/** What is older is history: no e-mail is sent about it. */
const NEWS_MS = 7 * DAY_MS;

/** Stripe's invoices. */
export const invoiceMirror: Mirror<InvoiceSnapshot> = {
  read: readInvoice,

  async fetch(stripe, id) {
    const invoice = await stripe.invoices.retrieve(id, { expand: expand('invoice') });
    return { snapshot: readInvoice(invoice), at: momentOf(invoice.lastResponse) };
  },

  async syncNumber(db, id) {
    const [row] = await db
      .select({ number: invoices.syncNumber })
      .from(invoices)
      .where(eq(invoices.stripeInvoiceId, id));
    return row?.number ?? null;
  },

  async apply(tx, snapshot, moment, context) {
    if (!snapshot.customerId) return { kind: 'ignored', code: 'no_customer' };
    const merchantId = await lockCustomer(tx, snapshot.customerId, snapshot.marks?.merchant, async () => {
      const [known] = await tx
        .select({ merchantId: invoices.merchantId })
        .from(invoices)
        .where(eq(invoices.stripeInvoiceId, snapshot.id));
      return known?.merchantId ?? null;
    });
    if (!merchantId) return { kind: 'ignored', code: 'unknown_customer' };
    const [row] = await tx.select().from(invoices).where(eq(invoices.stripeInvoiceId, snapshot.id));
    // A failed payment names its reason only on the expanded payment.
    const untold = snapshot.failure === undefined && snapshot.status === 'open' && snapshot.attemptCount > 0;
    const partial = !snapshot.isWhole || untold;
    if (!mayApply(row, moment) || (partial && moment.fetchedAgainst === undefined)) return { kind: 'settle' };
    if (row && FINAL.includes(row.status) && !FINAL.includes(readStatus(snapshot.status))) {
      return { kind: 'applied', merchantId, changes: [] };
    }
    const billedFor = row ?? (await findBilledFor(tx, merchantId, snapshot));
    if (!billedFor) return { kind: 'ignored', code: 'other_bill' };
    return {
      kind: 'applied',
      merchantId,
      changes: await write(tx, { merchantId, billedFor, row, snapshot }, moment.at, context),
    };
  },
};

type BilledFor = Pick<Row, 'platformId' | 'kind'>;

async function write(
  tx: Tx,
  of: { merchantId: string; billedFor: BilledFor; row: Row | undefined; snapshot: InvoiceSnapshot },
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
    issuedAt: snapshot.finalizedAt ?? snapshot.createdAt,
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

function readStatus(status: string): Row['status'] {
  const known = (['draft', 'open', 'paid', 'void', 'uncollectible'] as const).find((one) => one === status);
  if (!known) throw new Unrecognised('unknown_status', { status });
  return known;
}

/**
 * Which platform an invoice is of and what for: its subscription's row, else our marks on it, else what its lines sell.
 * Null for a one-off bill that says nothing of us (stripe.md 24); one of a subscription must be placed.
 */
async function findBilledFor(
  tx: Tx,
  merchantId: string,
  snapshot: InvoiceSnapshot,
): Promise<BilledFor | null> {
  if (snapshot.subscriptionId) {
    const [plan] = await tx
      .select({ platformId: subscriptions.platformId })
      .from(subscriptions)
      .where(eq(subscriptions.stripeSubscriptionId, snapshot.subscriptionId));
    if (plan) return { platformId: plan.platformId, kind: 'plan' };
    const [addOn] = await tx
      .select({ platformId: storeAddOns.platformId })
      .from(storeAddOns)
      .where(eq(storeAddOns.stripeSubscriptionId, snapshot.subscriptionId))
      .limit(1);
    if (addOn) return { platformId: addOn.platformId, kind: 'add_on' };
  }
  if (snapshot.marks) {
    const [platform] = await tx
      .select({ id: platforms.id })
      .from(platforms)
      .where(
        sql`${platforms.id} = ${snapshot.marks.platform} or ${platforms.code} = ${snapshot.marks.platform}`,
      );
    if (platform) return { platformId: platform.id, kind: snapshot.marks.kind };
  }
  const sold = await recogniseItems(
    tx,
    snapshot.lines.flatMap((line) => (line.priceId ? [{ priceId: line.priceId }] : [])),
  );
  const plan = sold.plans[0];
  if (plan) return { platformId: plan.platformId, kind: 'plan' };
  const addOn = sold.addOns[0];
  if (addOn) return { platformId: addOn.platformId, kind: 'add_on' };
  if (!snapshot.subscriptionId) return null;
  throw new Unrecognised('unmapped_price', {
    invoice: snapshot.id,
    merchant: merchantId,
    prices: sold.unmapped.map((line) => line.priceId),
  });
}
