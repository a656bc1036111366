import { getFormat } from '@/components/ui/format';
import { getCustomer } from '@/lib/billing/customers/customers';
import { listVatProof, type ProofLine, readQuarter } from '@/lib/billing/reports/vat-proof';
import { env } from '@/lib/env';
import { getTranslations } from '@/lib/i18n/translations';
import { writePdf } from '@/lib/pdf';
import { findMerchant } from '@/lib/tenancy/merchants';
import { staffContext } from '../../../context';
import { csvResponse } from '../../../csv';

const HEADER = [
  ...['invoice', 'issued_at', 'currency', 'total', 'credited', 'country', 'vat_number', 'verdict'],
  ...['consultation_number', 'checked_at', 'name', 'address', 'decision', 'reason'],
];

const cells = (row: ProofLine): (string | number | null)[] => [
  ...[row.number, row.issuedAt.toISOString(), row.currency, row.total, row.credited, row.country],
  ...[row.vatNumber, row.proof?.verdict ?? null, row.proof?.consultationNumber ?? null],
  ...[row.proof?.at.toISOString() ?? null, row.proof?.name ?? null, row.proof?.address ?? null],
  ...[row.decision, row.decisionReason],
];

/** The proof of one merchant's invoices without VAT in a quarter (`?quarter=2026-Q4`), as PDF or with `as=csv` as a table. */
export async function GET(
  request: Request,
  { params }: RouteContext<'/admin/merchants/[id]/vat-proof'>,
): Promise<Response> {
  const [{ db, now }, { id }] = await Promise.all([staffContext(), params]);
  const query = new URL(request.url).searchParams;
  const quarter = readQuarter(query.get('quarter') ?? undefined);
  const merchant = await findMerchant(db, id);
  if (!quarter || !merchant) return new Response(null, { status: 404 });
  const rows = await listVatProof(db, id, quarter);
  const name = `vat-proof-${id}-${quarter.name}`;
  if (query.get('as') === 'csv') return csvResponse(name, HEADER, rows.map(cells));
  const [t, format, customer] = await Promise.all([
    getTranslations('merchant.vatProof'),
    getFormat(),
    getCustomer(db, id),
  ]);
  const when = (at: Date) => `${format.date(at, 'time')} UTC`;
  const { SELLER_VAT_NUMBER: seller, SELLER_COUNTRY: country } = env();
  const pdf = await writePdf({
    title: t('title', { quarter: quarter.name }),
    intro: [
      t('of', { name: customer.name || merchant.name, id }),
      t('seller', { seller: seller ?? country }),
      t('made', { date: when(now) }),
      t('count', { count: rows.length }),
    ],
    entries: rows.map((row) => ({
      heading: t('invoice', {
        number: row.number ?? row.id,
        date: when(row.issuedAt),
        total: format.money(row.total, row.currency),
      }),
      lines: [
        t('number', { number: row.vatNumber ?? '–', country: row.country ?? '–' }),
        row.proof
          ? t('verdict', {
              verdict: row.proof.verdict,
              date: when(row.proof.at),
              consultation: row.proof.consultationNumber ?? '–',
            })
          : t('noVerdict'),
        ...(row.proof?.name ? [t('registered', { name: row.proof.name })] : []),
        ...(row.proof?.address ? [row.proof.address.replaceAll('\n', ', ')] : []),
        ...(row.credited > 0 ? [t('credited', { amount: format.money(row.credited, row.currency) })] : []),
        ...(row.decision ? [t('decided', { decision: row.decision, reason: row.decisionReason ?? '' })] : []),
      ],
    })),
    pageOf: (page, pages) => t('page', { page, pages }),
  });
  return new Response(new Uint8Array(pdf), {
    headers: {
      'content-type': 'application/pdf',
      'content-disposition': `attachment; filename="${name}.pdf"`,
      'cache-control': 'no-store',
    },
  });
}
