import type { Route } from 'next';
import Link from 'next/link';

/** The way to a merchant by its name; a dash, or what else is said, where there is none. */
export function MerchantLink({
  id,
  name,
  none = '–',
}: {
  id: string | null;
  name: string | null;
  none?: string;
}) {
  if (!id) return none;
  return (
    <Link href={`/admin/merchants/${id}` as Route} prefetch={false} className="link">
      {name ?? id}
    </Link>
  );
}
