import { notFound } from 'next/navigation';
import { getLocale } from 'next-intl/server';
import { findFreshInvoice } from '@/lib/billing/reports/invoices';
import { database } from '@/lib/database';
import { DomainError } from '@/lib/errors';
import { statusOf } from '@/lib/http';
import { errorTexts } from '@/lib/i18n/translate-error';
import { requireViewer, roleIn } from '@/lib/session';
import { findStripe } from '@/lib/stripe/client';

/**
 * An invoice at Stripe, by a link made at this moment: those that an invoice once came with die after 30 days (stripe.md
 * 51). `as=pdf` leads to the file. For people of the merchant and staff; for others it does not exist.
 */
export async function GET(request: Request, { params }: RouteContext<'/invoices/[invoiceId]'>) {
  const viewer = await requireViewer();
  const { invoiceId } = await params;
  const as = new URL(request.url).searchParams.get('as') === 'pdf' ? 'pdf' : 'page';
  let url: string | null;
  try {
    url = await findFreshInvoice(database(), findStripe(), invoiceId, as, (merchantId) =>
      Boolean(roleIn(viewer, merchantId)),
    );
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    // A person follows this link: a sentence, not a machine's body.
    const words = errorTexts(await getLocale()).sentence(error);
    const headers = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' };
    return new Response(words, { status: statusOf[error.kind], headers });
  }
  if (!url) notFound();
  return new Response(null, { status: 303, headers: { location: url, 'cache-control': 'no-store' } });
}
