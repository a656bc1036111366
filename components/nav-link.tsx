'use client';

import type { Route } from 'next';
import Link, { useLinkStatus } from 'next/link';
import { usePathname } from 'next/navigation';
import type { MouseEvent, ReactNode } from 'react';

/** An entry of the main menu: knows whether it is where we are, shows that it is loading, and closes the menu it is in. */
export function NavLink({
  href,
  exact = false,
  children,
}: {
  href: Route;
  exact?: boolean;
  children: ReactNode;
}) {
  const path = usePathname();
  const current = path === href || (!exact && path.startsWith(`${href}/`));

  function closeMenu(event: MouseEvent<HTMLElement>) {
    const menu = event.currentTarget.closest<HTMLElement>('[popover]');
    if (menu?.matches(':popover-open')) menu.hidePopover();
  }

  return (
    <Link
      href={href}
      prefetch={false}
      onClick={closeMenu}
      aria-current={current ? 'page' : undefined}
      className="nav-link"
    >
      {children}
      <Pending />
    </Link>
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
