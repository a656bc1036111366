import type { Metadata } from 'next';
import type { NavItem } from '@/components/nav';
import { getTranslations } from '@/lib/i18n/translations';
import { requireStaff } from '@/lib/session';
import { Frame } from '../frame';

export async function generateMetadata(): Promise<Metadata> {
  const t = await getTranslations('admin');
  return { title: { template: `%s · ${t('title')}`, default: t('title') } };
}

export default async function AdminLayout({ children }: LayoutProps<'/admin'>) {
  const viewer = await requireStaff();
  const t = await getTranslations('common.nav');
  const nav: NavItem[] = [{ href: '/admin', label: t('overview'), icon: 'overview', exact: true }];
  return (
    <Frame viewer={viewer} nav={nav}>
      {children}
    </Frame>
  );
}
