import type { Route } from 'next';
import type { NavItem } from '@/components/nav';
import { getTranslations } from '@/lib/i18n/translations';
import { listOwnStores, type Viewer } from '@/lib/session';

/** The menu of pages that belong to no store: the way back home, to each store of the person or to the platform. */
export async function homeOf(viewer: Viewer): Promise<NavItem[]> {
  if (viewer.role === 'admin' || viewer.role === 'support') {
    const t = await getTranslations('common.nav');
    return [{ href: '/admin', label: t('overview'), icon: 'overview' }];
  }
  const stores = await listOwnStores(viewer);
  return stores.map((store) => ({
    href: `/store/${store.code}` as Route,
    label: store.name,
    icon: 'merchants',
  }));
}
