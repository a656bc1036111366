'use client';

import type { Route } from 'next';
import Link, { useLinkStatus } from 'next/link';
import { usePathname } from 'next/navigation';
import type { MouseEvent } from 'react';
import { Icon, type IconName } from './ui/icon';

export type NavItem = { href: Route; label: string; icon: IconName; exact?: boolean; locked?: boolean };

/** The main menu: knows where we are, shows that a page is loading, and closes the panel it stands in. */
export function Nav({ items, label, lockedLabel }: { items: NavItem[]; label: string; lockedLabel: string }) {
  const path = usePathname();

  function closeMenu(event: MouseEvent<HTMLElement>) {
    const menu = event.currentTarget.closest<HTMLElement>('[popover]');
    if (menu?.matches(':popover-open')) menu.hidePopover();
  }

  return (
    <nav aria-label={label} className="flex-1 overflow-y-auto">
      <ul className="space-y-0.5">
        {items.map(({ href, exact, icon, label: name, locked }) => (
          <li key={href}>
            <Link
              href={href}
              prefetch={false}
              onClick={closeMenu}
              aria-current={path === href || (!exact && path.startsWith(`${href}/`)) ? 'page' : undefined}
              className="nav-link"
            >
              <Icon name={icon} />
              {name}
              {locked ? (
                <>
                  <Icon name="lock" className="size-4" />
                  <span className="sr-only">({lockedLabel})</span>
                </>
              ) : null}
              <Pending />
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function Pending() {
  const { pending } = useLinkStatus();
  if (!pending) return null;
  return (
    <span
      aria-hidden="true"
      className="ml-auto size-3.5 animate-[spin_700ms_linear_infinite] rounded-full border-2 border-current border-r-transparent"
    />
  );
}
