import type { ReactNode } from 'react';
import { Icon, type IconName } from './icon';

/** Nothing here yet: says so, and how to begin. */
export function EmptyState({
  icon = 'info',
  title,
  children,
  action,
}: {
  icon?: IconName;
  title: ReactNode;
  children?: ReactNode;
  action?: ReactNode;
}) {
  return (
    <div className="flex flex-col items-center gap-2 px-4 py-8 text-center">
      <span className="rounded-full bg-sunken p-3 text-muted">
        <Icon name={icon} />
      </span>
      <p className="font-medium">{title}</p>
      {children ? <div className="max-w-md text-muted">{children}</div> : null}
      {action ? <div className="mt-2">{action}</div> : null}
    </div>
  );
}
