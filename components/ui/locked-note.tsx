import type { ReactNode } from 'react';
import { Icon } from './icon';

/** Why nothing here can be changed, once and in sight: a tooltip on each control is seen by those who have a mouse. */
export function LockedNote({ children }: { children: ReactNode }) {
  return (
    <p className="mb-4 flex items-center gap-2 rounded-lg bg-sunken px-3 py-2">
      <Icon name="lock" className="size-4" />
      {children}
    </p>
  );
}
