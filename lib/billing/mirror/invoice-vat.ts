import { and, eq, lte, sql } from 'drizzle-orm';
import type { Tx } from '@/db/client';
import { vatProofs } from '@/db/schema';
import { askToLook } from '@/lib/billing/vat-queue';
import type { InvoiceSnapshot } from '@/lib/stripe/invoice-snapshot';
import { bearingNumber, vatIssueOf } from '@/lib/vat/issue';
import { normaliseVatNumber } from '@/lib/vat/number';

/** The columns that say how an invoice is taxed, and whether a person must look at that it bears no VAT. */
export async function vatColumns(tx: Tx, merchantId: string, snapshot: InvoiceSnapshot) {
  const { automaticTax, taxDisabledReason, taxReason, customerCountry, customerTaxExempt } =
    snapshot.taxation;
  const numbers = snapshot.taxation.customerVatNumbers.map(normaliseVatNumber);
  const number = bearingNumber(numbers, customerCountry);
  const said = { automaticTax, taxDisabledReason, taxReason, customerCountry, customerTaxExempt };
  const { status, total, tax, credited } = snapshot;
  const issueOf = (state: string) =>
    vatIssueOf({ ...said, status: state, total, tax, credited }, number, isProven);
  const isProven =
    number !== null && tax === 0 && (await wasProven(tx, merchantId, number, issuedAt(snapshot)));
  // A draft shows it an hour before it is finalised: time to put Stripe right.
  if (['draft', 'open', 'paid'].includes(status) && issueOf('open')) await askToLook(tx, merchantId);
  return {
    ...said,
    customerVatNumber: number,
    finalizationError: snapshot.taxation.finalizationError,
    vatIssue: issueOf(status),
  };
}

export const issuedAt = (snapshot: Pick<InvoiceSnapshot, 'finalizedAt' | 'createdAt'>): Date =>
  snapshot.finalizedAt ?? snapshot.createdAt;

/** Whether the last that VIES had said of a number was yes. Stripe's instants are whole seconds: one more is given. */
async function wasProven(tx: Tx, merchantId: string, number: string, at: Date): Promise<boolean> {
  const [last] = await tx
    .select({ verdict: vatProofs.verdict })
    .from(vatProofs)
    .where(
      and(
        eq(vatProofs.merchantId, merchantId),
        eq(vatProofs.number, number),
        lte(vatProofs.at, new Date(at.getTime() + 1000)),
      ),
    )
    .orderBy(sql`${vatProofs.at} desc, ${vatProofs.id} desc`)
    .limit(1);
  return last?.verdict === 'valid';
}
