import type { ReactNode } from 'react';
import { AppShell } from '@/components/app-shell';
import type { NavItem } from '@/components/nav';
import type { Viewer } from '@/lib/session';
import { AccountMenu } from './account-menu';

/** The shell around a signed-in page, with the person's own menu in it. */
export function Frame({
  viewer,
  nav,
  top,
  children,
}: {
  viewer: Viewer;
  nav: NavItem[];
  top?: ReactNode;
  children: ReactNode;
}) {
  return (
    <AppShell nav={nav} top={top} bottom={<AccountMenu viewer={viewer} />}>
      {children}
    </AppShell>
  );
}
