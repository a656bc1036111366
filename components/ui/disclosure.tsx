import type { ReactNode } from 'react';

/** Something more to read behind one click; works without JavaScript. */
export function Disclosure({
  summary,
  children,
  className = '',
}: {
  summary: ReactNode;
  children: ReactNode;
  className?: string;
}) {
  return (
    <details className={className ? `more ${className}` : 'more'}>
      <summary>{summary}</summary>
      {children}
    </details>
  );
}
