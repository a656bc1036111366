import { and, asc, eq, gte, inArray, isNull, lt, notInArray, or, sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { invoices, vatDecisions, vatProofs } from '@/db/schema';
import { sellerCountry } from '@/lib/env';
import { MEMBER_STATES } from '@/lib/vat/number';
import { forVat } from '@/lib/vat/treatment';

/** A quarter of this century as `2026-Q4`, or null. */
export function readQuarter(text: string | undefined): { from: Date; to: Date; name: string } | null {
  const match = /^(20\d{2})-Q([1-4])$/.exec(text ?? '');
  if (!match) return null;
  const [year, first] = [Number(match[1]), (Number(match[2]) - 1) * 3];
  return {
    from: new Date(Date.UTC(year, first, 1)),
    to: new Date(Date.UTC(year, first + 3, 1)),
    name: match[0],
  };
}

/** The quarter of a moment, in UTC. */
export const quarterOf = (at: Date): string =>
  `${at.getUTCFullYear()}-Q${Math.floor(at.getUTCMonth() / 3) + 1}`;

/** The quarters in which a merchant was billed without VAT for reverse charge, newest first. */
export async function listProofQuarters(db: Db, merchantId: string): Promise<string[]> {
  const rows = await db
    .selectDistinct({ quarter: sql<string>`to_char(${invoices.issuedAt} at time zone 'UTC', 'YYYY-"Q"Q')` })
    .from(invoices)
    .where(and(eq(invoices.merchantId, merchantId), isReverse()));
  return rows.map(({ quarter }) => quarter).sort((a, b) => (a < b ? 1 : -1));
}

/** Within the seller's own country there is none, whatever Stripe was told: it is no proof, and listed for a person. */
function isReverse() {
  const home = forVat(sellerCountry());
  const domestic = [...MEMBER_STATES, 'MC', home].filter((country) => forVat(country) === home);
  return and(
    inArray(invoices.status, ['open', 'paid', 'uncollectible']),
    or(eq(invoices.taxReason, 'reverse_charge'), eq(invoices.customerTaxExempt, 'reverse')),
    or(isNull(invoices.customerCountry), notInArray(invoices.customerCountry, domestic)),
  );
}

export type ProofLine = Awaited<ReturnType<typeof listVatProof>>[number];

/**
 * What an auditor asks for of one merchant and quarter: each reverse-charge invoice, oldest first, with the number it bears and
 * what VIES had said of that when the invoice was made: verdict, consultation number, time, name and address; or, where there was
 * nothing, what a person decided. Amounts in minor units. Articles 44, 196 and 226(11a) of Directive 2006/112/EC.
 */
export async function listVatProof(db: Db, merchantId: string, quarter: { from: Date; to: Date }) {
  const rows = await db
    .select({
      id: invoices.id,
      number: invoices.number,
      issuedAt: invoices.issuedAt,
      currency: invoices.currency,
      total: invoices.total,
      credited: invoices.credited,
      country: invoices.customerCountry,
      vatNumber: invoices.customerVatNumber,
      proofId: sql<string | null>`(
        select p.id from ${vatProofs} p
        where p.merchant_id = ${invoices.merchantId} and p.number = ${invoices.customerVatNumber}
          and p.at <= ${invoices.issuedAt} + interval '1 second'
        order by p.at desc, p.id desc limit 1)`,
      decision: sql<'accepted' | 'reissued' | null>`nullif(${vatDecisions.decision}, 'reissuing')`,
      decisionReason: vatDecisions.reason,
    })
    .from(invoices)
    .leftJoin(vatDecisions, eq(vatDecisions.invoiceId, invoices.id))
    .where(
      and(
        eq(invoices.merchantId, merchantId),
        gte(invoices.issuedAt, quarter.from),
        lt(invoices.issuedAt, quarter.to),
        isReverse(),
      ),
    )
    .orderBy(asc(invoices.issuedAt), asc(invoices.id));
  const ids = rows.flatMap(({ proofId }) => proofId ?? []);
  const proofs = ids.length > 0 ? await db.select().from(vatProofs).where(inArray(vatProofs.id, ids)) : [];
  const byId = new Map(proofs.map((proof) => [proof.id, proof]));
  return rows.map(({ proofId, ...row }) => ({ ...row, proof: (proofId && byId.get(proofId)) || null }));
}
