import type { Route } from 'next';
import Link from 'next/link';
import type { ComponentProps, ReactNode } from 'react';

export type ButtonVariant = 'primary' | 'secondary' | 'ghost' | 'danger';
export type ButtonSize = 'sm' | 'md';

/** The classes of a button, for elements that only look like one. */
export function buttonClass(
  variant: ButtonVariant = 'secondary',
  size: ButtonSize = 'md',
  extra = '',
): string {
  return `btn btn-${variant}${size === 'sm' ? ' btn-sm' : ''}${extra ? ` ${extra}` : ''}`;
}

type Looks = { variant?: ButtonVariant; size?: ButtonSize };

/** A plain button. For the button that sends a form use `SubmitButton`, which shows that it is waiting. */
export function Button({
  variant,
  size,
  className,
  type = 'button',
  ...rest
}: ComponentProps<'button'> & Looks) {
  return <button type={type} className={buttonClass(variant, size, className)} {...rest} />;
}

/** A link that looks like a button: it goes somewhere and changes nothing. */
export function ButtonLink<T extends string>({
  href,
  variant,
  size,
  className,
  children,
}: Looks & { href: Route<T>; className?: string; children: ReactNode }) {
  return (
    <Link href={href} prefetch={false} className={buttonClass(variant, size, className)}>
      {children}
    </Link>
  );
}
