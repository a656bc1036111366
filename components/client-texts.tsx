'use client';

import { createContext, type ReactNode, useContext } from 'react';

type Texts = { failureTitle: string; failureText: string; reference: string; retry: string };

const Context = createContext<Texts | null>(null);

/**
 * The few words that client code cannot be handed as props, because no server component draws it (error boundaries).
 * Everything else gets its words as props: no translations and no formatter are sent to the browser.
 */
export function ClientTexts({ texts, children }: { texts: Texts; children: ReactNode }) {
  return <Context value={texts}>{children}</Context>;
}

export function useClientTexts(): Texts | null {
  return useContext(Context);
}
