import type { ReactNode } from 'react';
import { useTranslations } from '@/lib/i18n/translations';
import { Nav, type NavItem } from './nav';
import { Icon } from './ui/icon';

/**
 * The frame of every signed-in page: the menu on the left (behind a button on a small screen), the page beside it.
 * `top` stands above the menu (the store switcher), `bottom` below it (the account).
 */
export function AppShell({
  nav,
  top,
  bottom,
  children,
}: {
  nav: NavItem[];
  top: ReactNode;
  bottom: ReactNode;
  children: ReactNode;
}) {
  const t = useTranslations('common');
  return (
    <div className="lg:flex">
      <header className="sticky top-0 z-20 flex h-14 items-center gap-3 border-b border-line bg-surface px-4 lg:hidden">
        <button
          type="button"
          popoverTarget="sidebar"
          aria-label={t('menu')}
          className="grid size-9 place-items-center rounded-lg hover:bg-sunken"
        >
          <Icon name="menu" />
        </button>
        <Brand />
      </header>
      <aside
        id="sidebar"
        popover="auto"
        className="sidebar veiled flex-col gap-4 border-r border-line bg-surface p-3 text-ink open:flex"
      >
        <div className="flex h-9 items-center px-2">
          <Brand />
        </div>
        {top}
        <Nav items={nav} label={t('nav.label')} lockedLabel={t('nav.locked')} />
        {bottom}
      </aside>
      <main
        id="content"
        tabIndex={-1}
        className="min-w-0 flex-1 px-4 py-6 outline-none sm:px-6 lg:px-10 lg:py-8"
      >
        <div className="mx-auto max-w-[75rem]">{children}</div>
      </main>
    </div>
  );
}

/** The name and mark. */
export function Brand() {
  const t = useTranslations('common');
  return (
    <span className="flex items-center gap-2 font-semibold">
      <svg viewBox="0 0 32 32" aria-hidden="true" className="size-6">
        <rect width="32" height="32" rx="8" className="fill-accent" />
        <path
          d="M8 10.5h16M8 16.5h11M8 22.5h6"
          className="stroke-white"
          strokeWidth="3.2"
          strokeLinecap="round"
        />
      </svg>
      {t('appName')}
    </span>
  );
}
