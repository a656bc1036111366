import { and, eq, inArray, sql } from 'drizzle-orm';
import type { Tx } from '@/db/client';
import { emails, invoices, vatDecisions } from '@/db/schema';
import type { Decision } from '@/lib/vat/treatment';
import type { CustomerRow } from './stripe-details';
import { isCharged } from './tax';

/**
 * Whether a merchant saw an invoice without VAT by the number that, as is decided now, is no reason for that, and was not told:
 * Stripe believes any number of the right form, so to us nothing turned (stripe.md 48). Not while VIES has yet to answer, nor of
 * an invoice about which a person decided. True once per number and reason: the e-mail that follows ends it.
 */
export async function wasFreeUntold(
  tx: Tx,
  row: Pick<CustomerRow, 'merchantId' | 'vatNumber'>,
  { treatment, reason }: Pick<Decision, 'treatment' | 'reason'>,
): Promise<boolean> {
  const { merchantId, vatNumber } = row;
  const isOpen = reason === 'number_pending' || reason === 'number_unavailable';
  if (!vatNumber || !isCharged(treatment) || isOpen) return false;
  const [free] = await tx
    .select({ id: invoices.id })
    .from(invoices)
    .where(
      and(
        eq(invoices.merchantId, merchantId),
        inArray(invoices.vatIssue, ['number_unproven', 'domestic']),
        eq(invoices.customerVatNumber, vatNumber),
        sql`not exists (select 1 from ${vatDecisions} d where d.invoice_id = ${invoices.id})`,
        sql`not exists (select 1 from ${emails} e where e.merchant_id = ${merchantId} and e.template = 'vat_charged'
          and e.data->>'number' = ${vatNumber} and e.data->>'reason' = ${reason})`,
      ),
    )
    .limit(1);
  return free !== undefined;
}
