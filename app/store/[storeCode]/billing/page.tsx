import { PageHeader } from '@/components/ui/page-header';
import { requireStore } from '@/lib/session';

export default async function BillingPage({ params }: PageProps<'/store/[storeCode]/billing'>) {
  const { store } = await requireStore((await params).storeCode);
  return <PageHeader title={store.name} />;
}
