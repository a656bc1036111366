import { PageHeader } from '@/components/ui/page-header';
import { requireStore } from '@/lib/session';

export default async function StorePage({ params }: PageProps<'/store/[storeCode]'>) {
  const { store } = await requireStore((await params).storeCode);
  return <PageHeader title={store.name} />;
}
