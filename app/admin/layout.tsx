import type { Metadata } from 'next';
import type { NavItem } from '@/components/nav';
import { LockedNote } from '@/components/ui/locked-note';
import { getTranslations } from '@/lib/i18n/translations';
import { requireStaff } from '@/lib/session';
import { Frame } from '../frame';
import { CommandMenu } from './command-menu';

export async function generateMetadata(): Promise<Metadata> {
  const t = await getTranslations('admin');
  return { title: { template: `%s · ${t('title')}`, default: t('title') } };
}

export default async function AdminLayout({ children }: LayoutProps<'/admin'>) {
  const viewer = await requireStaff();
  const [c, t, s] = await Promise.all([
    getTranslations('console'),
    getTranslations('console.nav'),
    getTranslations('console.search'),
  ]);
  const nav: NavItem[] = [
    { href: '/admin', label: t('overview'), icon: 'overview', exact: true },
    { href: '/admin/subscription-tiers', label: t('tiers'), icon: 'tiers' },
    { href: '/admin/subscriptions', label: t('subscriptions'), icon: 'subscriptions' },
    { href: '/admin/invoices', label: t('invoices'), icon: 'orders' },
    { href: '/admin/merchants', label: t('merchants'), icon: 'merchants' },
    { href: '/admin/stores', label: t('stores'), icon: 'products' },
    { href: '/admin/merchant-users', label: t('people'), icon: 'team' },
    { href: '/admin/add-ons', label: t('addOns'), icon: 'add-ons' },
    { href: '/admin/credit-packages', label: t('packages'), icon: 'credits' },
    { href: '/admin/webhook-events', label: t('events'), icon: 'inbox' },
    { href: '/admin/audit', label: t('audit'), icon: 'audit' },
    { href: '/admin/jobs', label: t('jobs'), icon: 'jobs' },
    { href: '/admin/api-keys', label: t('keys'), icon: 'key' },
  ];
  return (
    <Frame
      viewer={viewer}
      nav={nav}
      top={
        <CommandMenu
          destinations={nav.map(({ href, label }) => ({ href, label }))}
          texts={{
            open: s('open'),
            keys: s('keys'),
            title: s('title'),
            placeholder: s('placeholder'),
            pages: s('pages'),
            nothing: s('nothing'),
            loading: s('loading'),
            failed: s('failed'),
            hint: s('hint'),
            kinds: {
              merchant: s('kinds.merchant'),
              store: s('kinds.store'),
              subscription: s('kinds.subscription'),
              invoice: s('kinds.invoice'),
              event: s('kinds.event'),
            },
          }}
        />
      }
    >
      {viewer.role === 'admin' ? null : <LockedNote>{c('readOnlyPage')}</LockedNote>}
      {children}
    </Frame>
  );
}
