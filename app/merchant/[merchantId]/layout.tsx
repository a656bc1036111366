import type { Metadata, Route } from 'next';
import type { NavItem } from '@/components/nav';
import { getTranslations } from '@/lib/i18n/translations';
import { Frame } from '../../frame';
import { homeOf } from '../../home';
import { merchantContext } from './context';

export async function generateMetadata({ params }: LayoutProps<'/merchant/[merchantId]'>): Promise<Metadata> {
  const { merchant } = await merchantContext((await params).merchantId);
  return { title: { template: `%s · ${merchant.name}`, default: merchant.name } };
}

export default async function MerchantLayout({ params, children }: LayoutProps<'/merchant/[merchantId]'>) {
  const { viewer, merchant } = await merchantContext((await params).merchantId);
  const [t, home] = await Promise.all([getTranslations('merchant.own'), homeOf(viewer)]);
  const nav: NavItem[] = [
    ...home,
    { href: `/merchant/${merchant.id}/subscriptions` as Route, label: t('nav'), icon: 'subscriptions' },
  ];
  return (
    <Frame viewer={viewer} nav={nav}>
      {children}
    </Frame>
  );
}
