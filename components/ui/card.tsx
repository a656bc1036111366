import type { ReactNode } from 'react';

/**
 * One separate thing on a page, with its heading. `id` makes it a target for links; `flush` lets a table reach the edges.
 */
export function Card({
  title,
  description,
  actions,
  id,
  flush = false,
  children,
}: {
  title?: ReactNode;
  description?: ReactNode;
  actions?: ReactNode;
  id?: string;
  flush?: boolean;
  children: ReactNode;
}) {
  const headingId = id && title ? `${id}-heading` : undefined;
  return (
    <section id={id} aria-labelledby={headingId} className="card">
      {title ? (
        <header className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2 px-4 pt-4 sm:px-6 sm:pt-5">
          <div className="min-w-0">
            <h2 id={headingId} className="text-lg font-semibold">
              {title}
            </h2>
            {description ? <p className="mt-1 text-muted">{description}</p> : null}
          </div>
          {actions ? <div className="flex flex-wrap gap-2">{actions}</div> : null}
        </header>
      ) : null}
      <div className={flush ? 'pt-3 pb-2' : 'px-4 py-4 sm:px-6 sm:py-5'}>{children}</div>
    </section>
  );
}
