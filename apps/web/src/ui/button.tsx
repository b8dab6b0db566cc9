// Buttons, and links that look like them.

import type { ComponentProps, ReactNode } from 'react';
import { classes } from './classes.ts';

export type ButtonLook = 'plain' | 'primary' | 'danger' | 'quiet';

const looks: Readonly<Record<ButtonLook, string>> = {
  plain: 'border border-line-strong bg-surface text-ink hover:bg-hover',
  primary: 'border border-accent bg-accent text-accent-ink hover:opacity-90',
  danger: 'border border-bad bg-bad-soft text-bad hover:opacity-85',
  quiet: 'border border-transparent text-ink-2 hover:bg-hover hover:text-ink',
};

const shape =
  'inline-flex h-8 items-center justify-center gap-1.5 rounded-md px-3 text-sm font-medium whitespace-nowrap transition-colors disabled:opacity-50';

export function buttonClasses(look: ButtonLook = 'plain', more?: string): string {
  return classes(shape, looks[look], more);
}

interface ButtonProps extends ComponentProps<'button'> {
  readonly look?: ButtonLook;
}

export function Button({ look, className, type = 'button', ...rest }: ButtonProps): ReactNode {
  return <button type={type} className={buttonClasses(look, className)} {...rest} />;
}

interface IconButtonProps extends ComponentProps<'button'> {
  /** What it does, for those who don't see the picture. */
  readonly label: string;
}

export function IconButton({ label, className, children, ...rest }: IconButtonProps): ReactNode {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      className={classes(
        'inline-flex size-8 shrink-0 items-center justify-center rounded-md text-ink-2 hover:bg-hover hover:text-ink disabled:opacity-50',
        className,
      )}
      {...rest}
    >
      {children}
    </button>
  );
}
