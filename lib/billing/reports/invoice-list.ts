import { and, desc, eq, gt, inArray, isNotNull, isNull, lte, ne, or, type SQL, sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import {
  customers,
  invoices,
  merchants,
  storeAddOns,
  subscriptions,
  vatDecisions,
  vatProofs,
} from '@/db/schema';
import { OVERDUE_DAYS, RECHECK_DAYS } from '@/lib/billing/customers/vat-check';
import { type Cursor, olderThan } from '@/lib/page';
import { addDays } from '@/lib/time';
import { wentBack } from '@/lib/vat/issue';

/** Which invoices: those without VAT, of these what a person must decide, what was decided, what could not be finalised. */
export const invoiceViews = ['without_vat', 'vat_to_decide', 'vat_decided', 'not_finalised'] as const;
export type InvoiceView = (typeof invoiceViews)[number];

export type InvoiceFilter = { view?: InvoiceView; merchantIds?: string[]; before?: Cursor; limit: number };

export type ListedInvoice = Awaited<ReturnType<typeof listAllInvoices>>[number];

/** All merchants' invoices, newest first, by cursor; with what was decided about their VAT and the verdict of its number. */
export async function listAllInvoices(db: Db, filter: InvoiceFilter) {
  const rows = await db
    .select({
      id: invoices.id,
      merchantId: invoices.merchantId,
      merchantName: merchants.name,
      kind: invoices.kind,
      number: invoices.number,
      stripeInvoiceId: invoices.stripeInvoiceId,
      status: invoices.status,
      issuedAt: invoices.issuedAt,
      currency: invoices.currency,
      tax: invoices.tax,
      total: invoices.total,
      credited: invoices.credited,
      refunded: invoices.refunded,
      country: invoices.customerCountry,
      vatNumber: invoices.customerVatNumber,
      taxReason: invoices.taxReason,
      vatIssue: invoices.vatIssue,
      finalizationError: invoices.finalizationError,
      decided: vatDecisions.decision,
      decisionReason: vatDecisions.reason,
      reissuedAs: vatDecisions.reissuedAs,
      proof: sql<{ verdict: string; at: string; consultationNumber: string | null } | null>`(
        select json_build_object('verdict', p.verdict, 'at', p.at, 'consultationNumber', p.consultation_number)
        from ${vatProofs} p
        where p.merchant_id = ${invoices.merchantId} and p.number = ${invoices.customerVatNumber}
        order by p.at desc, p.id desc limit 1)`,
    })
    .from(invoices)
    .innerJoin(merchants, eq(merchants.id, invoices.merchantId))
    .leftJoin(vatDecisions, eq(vatDecisions.invoiceId, invoices.id))
    .where(
      and(
        ...(filter.view ? views[filter.view] : [ne(invoices.status, 'draft')]),
        filter.merchantIds ? inArray(invoices.merchantId, filter.merchantIds) : undefined,
        olderThan(invoices.issuedAt, invoices.id, filter.before),
      ),
    )
    .orderBy(desc(invoices.issuedAt), desc(invoices.id))
    .limit(filter.limit);
  const rates = await loadRates(db, rows);
  return rows.map(({ decided, ...row }) => {
    const rate = rates.get(row.country ?? '');
    const net = row.total - row.tax - wentBack(row);
    // Half made again is not decided: it waits for whoever goes on with it.
    const isBeingReissued = decided === 'reissuing';
    const decision = decided === 'reissuing' ? null : decided;
    return {
      ...row,
      decision,
      isBeingReissued,
      atStake: row.vatIssue && rate !== undefined ? Math.round(net * rate) : null,
    };
  });
}

const views: Record<InvoiceView, SQL[]> = {
  without_vat: [
    inArray(invoices.status, ['open', 'paid', 'uncollectible']),
    eq(invoices.tax, 0),
    gt(invoices.total, 0),
  ],
  vat_to_decide: [
    isNotNull(invoices.vatIssue),
    sql`coalesce(${vatDecisions.decision}, 'reissuing') = 'reissuing'`,
  ],
  vat_decided: [ne(vatDecisions.decision, 'reissuing')],
  not_finalised: [isNotNull(invoices.finalizationError)],
};

/** The rate that Stripe last charged in each country: what is at stake where none was. None where it never did. */
async function loadRates(
  db: Db,
  rows: { country: string | null; vatIssue: string | null }[],
): Promise<Map<string, number>> {
  const countries = new Set(rows.flatMap((row) => (row.vatIssue && row.country ? [row.country] : [])));
  const found = new Map<string, number>();
  for (const country of countries) {
    const [last] = await db
      .select({ tax: invoices.tax, total: invoices.total })
      .from(invoices)
      .where(and(eq(invoices.customerCountry, country), gt(invoices.tax, 0)))
      .orderBy(desc(invoices.issuedAt), desc(invoices.id))
      .limit(1);
    if (last && last.total > last.tax) found.set(country, last.tax / (last.total - last.tax));
  }
  return found;
}

/** How many invoices wait for a decision about their VAT. */
export const countVatToDecide = (db: Db): Promise<number> =>
  db.$count(
    invoices,
    and(
      isNotNull(invoices.vatIssue),
      sql`not exists (select 1 from ${vatDecisions} d where d.invoice_id = ${invoices.id}
        and d.decision <> 'reissuing')`,
    ),
  );

/** Subscriptions that live and whose tax Stripe turned off, plans and add-ons. */
export async function listUntaxed(db: Db) {
  const columns = (table: typeof subscriptions | typeof storeAddOns) => ({
    merchantId: table.merchantId,
    merchantName: merchants.name,
    stripeSubscriptionId: table.stripeSubscriptionId,
    reason: table.taxDisabledReason,
  });
  const [plans, addOns] = await Promise.all([
    db
      .selectDistinct(columns(subscriptions))
      .from(subscriptions)
      .innerJoin(merchants, eq(merchants.id, subscriptions.merchantId))
      .where(and(isNotNull(subscriptions.taxDisabledReason), isNull(subscriptions.endedAt)))
      .limit(100),
    db
      .selectDistinct(columns(storeAddOns))
      .from(storeAddOns)
      .innerJoin(merchants, eq(merchants.id, storeAddOns.merchantId))
      .where(and(isNotNull(storeAddOns.taxDisabledReason), isNull(storeAddOns.endedAt)))
      .limit(100),
  ]);
  return [...plans, ...addOns].flatMap((row) =>
    row.stripeSubscriptionId ? [{ ...row, stripeSubscriptionId: row.stripeSubscriptionId }] : [],
  );
}

/** `retryAfterMs` comes to half a day with the tenth try, after seventeen hours. */
const FAILURES_OF_30_DAYS = 10 + 2 * (OVERDUE_DAYS - 1);

/**
 * Numbers that a person must look at: VIES gave no answer for 30 days, counted from when one was due, never or not again; or it
 * had confirmed one and says now that it is not valid.
 */
export function listOddNumbers(db: Db, now: Date) {
  const wasValid = sql`exists (select 1 from ${vatProofs} p where p.merchant_id = ${customers.merchantId}
    and p.number = ${customers.vatNumber} and p.verdict = 'valid')`;
  const never = inArray(customers.vatStatus, ['pending', 'unavailable']);
  return db
    .select({
      merchantId: customers.merchantId,
      merchantName: merchants.name,
      vatNumber: customers.vatNumber,
      vatStatus: customers.vatStatus,
      vatCheckedAt: customers.vatCheckedAt,
      vatTrouble: customers.vatTrouble,
    })
    .from(customers)
    .innerJoin(merchants, eq(merchants.id, customers.merchantId))
    .where(
      and(
        isNotNull(customers.vatNumber),
        isNull(merchants.closedAt),
        or(
          lte(customers.vatCheckedAt, addDays(now, -RECHECK_DAYS - OVERDUE_DAYS)),
          and(never, gt(customers.vatFailures, FAILURES_OF_30_DAYS)),
          and(eq(customers.vatStatus, 'invalid'), wasValid),
        ),
      ),
    )
    .limit(100);
}
