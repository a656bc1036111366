import type { Route } from 'next';
import Link from 'next/link';
import type { ComponentProps, ReactNode } from 'react';

export type ButtonVariant = 'primary' | 'secondary' | 'ghost' | 'danger';
export type ButtonSize = 'sm' | 'md';

const variants: Record<ButtonVariant, string> = {
  primary: 'bg-accent text-white hover:bg-accent-hover aria-disabled:hover:bg-accent',
  secondary: 'border border-edge/60 bg-surface text-ink hover:bg-sunken',
  ghost: 'text-ink hover:bg-sunken',
  danger: 'bg-danger text-white hover:bg-danger-hover',
};

const sizes: Record<ButtonSize, string> = { sm: 'h-8 px-3 text-sm', md: 'h-9 px-4' };

/** The classes of a button, for elements that only look like one. */
export function buttonClass(
  variant: ButtonVariant = 'secondary',
  size: ButtonSize = 'md',
  extra = '',
): string {
  return `inline-flex items-center justify-center gap-2 rounded-lg font-medium whitespace-nowrap transition-colors disabled:opacity-50 aria-disabled:opacity-60 ${variants[variant]} ${sizes[size]} ${extra}`;
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
