import type { ReactNode } from 'react';
import { Brand } from './app-shell';

/** The frame of the pages before sign-in: one column, the name on top, the language below. */
export function PublicFrame({ children, footer }: { children: ReactNode; footer: ReactNode }) {
  return (
    <main id="content" className="mx-auto flex min-h-dvh max-w-md flex-col justify-center gap-6 px-4 py-10">
      <Brand />
      {children}
      {footer}
    </main>
  );
}
