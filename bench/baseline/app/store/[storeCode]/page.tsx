import { eq } from 'drizzle-orm';
import { stores } from '@/db/schema';
import { database } from '@/lib/database';
import { requireViewer } from '@/lib/session';

/** An empty page behind the product's session, with one query of its own. */
export default async function Page({ params }: { params: Promise<{ storeCode: string }> }) {
  const [viewer, { storeCode }] = await Promise.all([requireViewer(), params]);
  const [store] = await database().select().from(stores).where(eq(stores.code, storeCode));
  return (
    <p>
      {store?.name} {viewer.name}
    </p>
  );
}
