import { getTranslations } from 'next-intl/server';
import { PageHeader } from '@/components/ui/page-header';
import { requireStaff } from '@/lib/session';

export default async function AdminPage() {
  const viewer = await requireStaff();
  const t = await getTranslations('admin.home');
  return <PageHeader title={t('title')} description={t('welcome', { name: viewer.name })} />;
}
