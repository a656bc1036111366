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
      className="flex min-h-9 items-center gap-3 rounded-lg px-3 font-medium text-muted hover:bg-sunken hover:text-ink aria-[current=page]:bg-accent-soft aria-[current=page]:text-accent-ink"
    >
      {children}
      <Pending />
    </Link>
  );
}

function Pending() {
  const { pending } = useLinkStatus();
  return (
    <span
      aria-hidden="true"
      className={`ml-auto size-3.5 rounded-full border-2 border-current border-r-transparent transition-opacity delay-75 ${pending ? 'animate-[spin_700ms_linear_infinite] opacity-100' : 'opacity-0'}`}
    />
  );
}
