import type { Route } from 'next';
import { buttonClass } from './button';
import type { RefusalView } from './form-state';
import { Icon } from './icon';

/** A refusal that helps: what was refused and why, and what would unlock it. `live` when it answers an action. */
export function RefusalPanel({ refusal, live = true }: { refusal: RefusalView; live?: boolean }) {
  return (
    <div
      role={live ? 'alert' : undefined}
      className="rounded-xl border border-warn/35 bg-warn-soft px-4 py-3"
    >
      <p className="flex items-center gap-2 font-semibold text-warn-ink">
        <Icon name="lock" className="size-4" />
        {refusal.title}
      </p>
      <p className="mt-1">{refusal.text}</p>
      {refusal.options.length > 0 ? (
        <ul className="mt-3 flex flex-wrap gap-2">
          {refusal.options.map((option) => (
            <li key={option.label}>
              {option.href ? (
                <a href={option.href as Route} className={buttonClass('secondary', 'sm')}>
                  {option.label}
                </a>
              ) : (
                <span className="inline-flex h-8 items-center text-sm">{option.label}</span>
              )}
            </li>
          ))}
        </ul>
      ) : null}
    </div>
  );
}
