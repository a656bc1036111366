import { notFound } from 'next/navigation';
import { findFreshInvoice } from '@/lib/billing/reports/invoices';
import { database } from '@/lib/database';
import { errorResponse } from '@/lib/http';
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
    return errorResponse(error, request.headers.get('x-request-id') ?? '');
  }
  if (!url) notFound();
  return new Response(null, { status: 303, headers: { location: url, 'cache-control': 'no-store' } });
}
