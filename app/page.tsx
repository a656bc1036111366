import { redirect } from 'next/navigation';
import { PageHeader } from '@/components/ui/page-header';
import { getTranslations } from '@/lib/i18n/translations';
import { listOwnStores, requireViewer } from '@/lib/session';
import { Frame } from './frame';

/** Leads each person home: staff to the platform, the others to their first store. */
export default async function Home() {
  const viewer = await requireViewer();
  if (viewer.role === 'admin' || viewer.role === 'support') redirect('/admin');
  const [first] = await listOwnStores(viewer);
  if (first) redirect(`/store/${first.code}`);
  const t = await getTranslations('store.none');
  return (
    <Frame viewer={viewer} nav={[]}>
      <PageHeader title={t('title')} description={t('text')} />
    </Frame>
  );
}
