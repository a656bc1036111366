import Link from 'next/link';
import { Icon } from '@/components/ui/icon';
import { Menu } from '@/components/ui/menu';
import { getTranslations } from '@/lib/i18n/translations';
import { listOwnStores, type Viewer } from '@/lib/session';

/** Which store this is, and the way to the person's other ones. With only one there is nothing to switch. */
export async function StoreSwitcher({
  viewer,
  store,
}: {
  viewer: Viewer;
  store: { code: string; name: string };
}) {
  const [t, stores] = await Promise.all([getTranslations('common.switcher'), listOwnStores(viewer)]);
  const name = (
    <span className="min-w-0 flex-1">
      <span className="block truncate font-medium">{store.name}</span>
      <span className="block truncate text-sm text-muted">{store.code}</span>
    </span>
  );
  if (stores.length < 2) return <div className="flex px-3 py-1">{name}</div>;
  return (
    <Menu
      id="store-menu"
      label={t('label', { name: store.name })}
      position="inset-[7.5rem_auto_auto_0.75rem] w-60"
      triggerClass="flex w-full items-center gap-2 rounded-lg border border-line px-3 py-2 text-left hover:bg-sunken"
      trigger={
        <>
          {name}
          <Icon name="switch" className="size-4 text-muted" />
        </>
      }
    >
      <p className="px-3 py-1 text-sm text-muted">{t('title')}</p>
      <ul>
        {stores.map((other) => (
          <li key={other.id}>
            <Link
              href={`/store/${other.code}`}
              prefetch={false}
              aria-current={other.code === store.code ? 'true' : undefined}
              className="flex min-h-9 items-center gap-2 rounded-lg px-3 hover:bg-sunken aria-current:font-medium"
            >
              <span className="min-w-0 flex-1 truncate">{other.name}</span>
              <span className="text-sm text-muted">{other.code}</span>
            </Link>
          </li>
        ))}
      </ul>
    </Menu>
  );
}
