import type { Route } from 'next';
import Link from 'next/link';

export type LinkTab = { href: Route; label: string; current: boolean };

/** A choice that lives in the URL: works without JavaScript, can be shared and survives a reload. */
export function LinkTabs({ label, tabs }: { label: string; tabs: LinkTab[] }) {
  return (
    <nav aria-label={label} className="inline-flex rounded-lg bg-sunken p-1">
      {tabs.map((tab) => (
        <Link
          key={tab.href}
          href={tab.href}
          scroll={false}
          prefetch={false}
          aria-current={tab.current ? 'true' : undefined}
          className="rounded-md px-3 py-1 text-sm font-medium text-muted hover:text-ink aria-current:bg-surface aria-current:text-ink aria-current:shadow-raised"
        >
          {tab.label}
        </Link>
      ))}
    </nav>
  );
}
