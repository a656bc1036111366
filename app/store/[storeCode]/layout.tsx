import type { Metadata, Route } from 'next';
import { getTranslations } from 'next-intl/server';
import type { NavItem } from '@/components/app-shell';
import { requireStore } from '@/lib/session';
import { Frame } from '../../frame';
import { StoreSwitcher } from './store-switcher';

export async function generateMetadata({ params }: LayoutProps<'/store/[storeCode]'>): Promise<Metadata> {
  const { store } = await requireStore((await params).storeCode);
  return { title: { template: `%s · ${store.name}`, default: store.name } };
}

export default async function StoreLayout({ params, children }: LayoutProps<'/store/[storeCode]'>) {
  const { viewer, store } = await requireStore((await params).storeCode);
  const t = await getTranslations('common.nav');
  const nav: NavItem[] = [
    { href: `/store/${store.code}` as Route, label: t('overview'), icon: 'overview', exact: true },
    { href: `/store/${store.code}/billing` as Route, label: t('billing'), icon: 'billing' },
  ];
  return (
    <Frame viewer={viewer} nav={nav} top={<StoreSwitcher viewer={viewer} store={store} />}>
      {children}
    </Frame>
  );
}
