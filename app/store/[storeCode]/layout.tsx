import type { Metadata, Route } from 'next';
import type { NavItem } from '@/components/nav';
import { resolveGrant } from '@/lib/billing/entitlements/grant';
import { basicAnalytics } from '@/lib/catalog/features';
import { getTranslations } from '@/lib/i18n/translations';
import { requireStore } from '@/lib/session';
import { Frame } from '../../frame';
import { storeContext, storeFacts } from './context';
import { StoreSwitcher } from './store-switcher';

export async function generateMetadata({ params }: LayoutProps<'/store/[storeCode]'>): Promise<Metadata> {
  const { store } = await requireStore((await params).storeCode);
  return { title: { template: `%s · ${store.name}`, default: store.name } };
}

export default async function StoreLayout({ params, children }: LayoutProps<'/store/[storeCode]'>) {
  const { storeCode } = await params;
  const { viewer, store, now } = await storeContext(storeCode, 'read');
  const [t, facts] = await Promise.all([getTranslations('common.nav'), storeFacts(storeCode)]);
  const href = (page: string) => `/store/${store.code}${page}` as Route;
  const nav: NavItem[] = [
    { href: href(''), label: t('overview'), icon: 'overview', exact: true },
    { href: href('/products'), label: t('products'), icon: 'products' },
    { href: href('/orders'), label: t('orders'), icon: 'orders' },
    { href: href('/team'), label: t('team'), icon: 'team' },
    {
      href: href('/analytics'),
      label: t('analytics'),
      icon: 'analytics',
      locked: !resolveGrant(facts, basicAnalytics, now).grant.enabled,
    },
    { href: href('/billing'), label: t('billing'), icon: 'billing' },
  ];
  return (
    <Frame viewer={viewer} nav={nav} top={<StoreSwitcher viewer={viewer} store={store} />}>
      {children}
    </Frame>
  );
}
