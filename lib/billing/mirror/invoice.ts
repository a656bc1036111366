import { eq } from 'drizzle-orm';
import { invoices } from '@/db/schema';
import { lockCustomer } from '@/lib/billing/mirror/customer-lock';
import { type Mirror, mayApply, momentOf } from '@/lib/billing/mirror/mirror';
import { expand } from '@/lib/stripe/expansions';
import { type InvoiceSnapshot, readInvoice } from '@/lib/stripe/invoice-snapshot';
import { findBilledFor, type InvoiceRow } from './invoice-owner';
import { readStatus, writeInvoice } from './invoice-write';

/** Statuses from which an invoice does not come back. `uncollectible` may still be paid. */
const FINAL: InvoiceRow['status'][] = ['paid', 'void'];

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
      changes: await writeInvoice(tx, { merchantId, billedFor, row, snapshot }, moment.at, context),
    };
  },
};
