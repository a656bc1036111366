import { and, eq, lte, sql } from 'drizzle-orm';
import type { Tx } from '@/db/client';
import { vatDecisions, vatProofs } from '@/db/schema';
import { askToLook } from '@/lib/billing/vat-queue';
import { sellerCountry } from '@/lib/env';
import type { InvoiceSnapshot } from '@/lib/stripe/invoice-snapshot';
import { bearingNumber, type VatIssue, vatIssueOf } from '@/lib/vat/issue';
import { normaliseVatNumber } from '@/lib/vat/number';
import type { InvoiceRow } from './invoice-owner';

/** The columns that say how an invoice is taxed, and whether a person must look at that it bears no VAT; `row`: as it was. */
export async function vatColumns(
  tx: Tx,
  merchantId: string,
  row: InvoiceRow | undefined,
  snapshot: InvoiceSnapshot,
) {
  const { automaticTax, taxDisabledReason, taxReason, customerCountry, customerTaxExempt } =
    snapshot.taxation;
  const numbers = snapshot.taxation.customerVatNumbers.map(normaliseVatNumber);
  const number = bearingNumber(numbers, customerCountry);
  const said = { automaticTax, taxDisabledReason, taxReason, customerCountry, customerTaxExempt };
  const { status, total, tax, credited } = snapshot;
  const refunded = row?.refunded ?? 0;
  const issueOf = (state: string) => {
    const issued = { ...said, status: state, total, tax, credited, refunded };
    return vatIssueOf(issued, sellerCountry(), number, isProven);
  };
  const isProven =
    number !== null && tax === 0 && (await wasProven(tx, merchantId, number, issuedAt(snapshot)));
  // A draft shows it an hour before it is finalised: time to put Stripe right.
  if (['draft', 'open', 'paid'].includes(status) && issueOf('open')) await askToLook(tx, merchantId);
  return {
    ...said,
    customerVatNumber: number,
    finalizationError: snapshot.taxation.finalizationError,
    vatIssue: await asDecided(tx, row, issueOf(status)),
  };
}

/** What went back of an invoice was told: whether it still owes VAT. Its row as it is now. */
export async function weighIssue(tx: Tx, row: InvoiceRow): Promise<VatIssue | null> {
  const { customerVatNumber: number } = row;
  const isProven =
    number !== null && row.tax === 0 && (await wasProven(tx, row.merchantId, number, row.issuedAt));
  return asDecided(tx, row, vatIssueOf(row, sellerCountry(), number, isProven));
}

/** One that is being made again stays as it was until that is done; one that was made again owes nothing. */
async function asDecided(
  tx: Tx,
  row: InvoiceRow | undefined,
  issue: VatIssue | null,
): Promise<VatIssue | null> {
  if (!row?.vatIssue) return issue;
  const [decided] = await tx
    .select({ decision: vatDecisions.decision })
    .from(vatDecisions)
    .where(eq(vatDecisions.invoiceId, row.id));
  if (decided?.decision === 'reissuing') return row.vatIssue;
  return decided?.decision === 'reissued' ? null : issue;
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
