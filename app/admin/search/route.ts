import { type Found, searchConsole } from '@/lib/staff-search';
import { staffContext } from '../context';

export type SearchHit = Pick<Found, 'kind' | 'id' | 'title' | 'detail'> & { href: string };

/** What the command menu finds while one types: staff only, never kept by the browser. */
export async function GET(request: Request): Promise<Response> {
  const { db } = await staffContext();
  const found = await searchConsole(db, new URL(request.url).searchParams.get('q') ?? '');
  const hits = found.map((one): SearchHit => {
    const { kind, id, title, detail } = one;
    return { kind, id, title, detail, href: addressOf(one) };
  });
  return Response.json({ hits }, { headers: { 'cache-control': 'no-store' } });
}

function addressOf({ kind, id, merchantId }: Found): string {
  if (kind === 'store') return `/admin/stores/${id}`;
  if (kind === 'event') return `/admin/webhook-events/${id}`;
  const merchant = `/admin/merchants/${merchantId}`;
  return kind === 'invoice'
    ? `${merchant}#invoices`
    : kind === 'subscription'
      ? `${merchant}#plan`
      : merchant;
}
