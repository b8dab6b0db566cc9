// Inputs and selections with their labels.

import type { ComponentProps, ReactNode } from 'react';
import { classes } from './classes.ts';

export const fieldClasses =
  'h-8 min-w-0 rounded-md border border-line-strong bg-surface px-2 text-sm text-ink placeholder:text-ink-3';

interface LabelledProps {
  readonly label: string;
  /** Only for those who don't see the place of the field. */
  readonly isLabelHidden?: boolean;
}

export function TextField({
  label,
  isLabelHidden = false,
  className,
  ...rest
}: ComponentProps<'input'> & LabelledProps): ReactNode {
  return (
    <label className="flex min-w-0 flex-col gap-1 text-sm text-ink-2">
      <span className={isLabelHidden ? 'sr-only' : undefined}>{label}</span>
      <input className={classes(fieldClasses, className)} {...rest} />
    </label>
  );
}

export interface Choice<T extends string> {
  readonly value: T;
  readonly label: string;
  readonly isDisabled?: boolean;
}

interface SelectFieldProps<T extends string> extends LabelledProps {
  readonly value: T;
  readonly choices: readonly Choice<T>[];
  readonly onChoose: (value: T) => void;
  readonly className?: string;
  readonly isDisabled?: boolean;
}

export function SelectField<T extends string>(props: SelectFieldProps<T>): ReactNode {
  const { label, isLabelHidden = false, value, choices, onChoose, className, isDisabled } = props;
  return (
    <label className="flex min-w-0 items-center gap-1.5 text-sm text-ink-2">
      <span className={isLabelHidden ? 'sr-only' : undefined}>{label}</span>
      <select
        className={classes(fieldClasses, 'pr-1', className)}
        value={value}
        disabled={isDisabled}
        onChange={({ target }) => {
          const chosen = choices.find((choice) => choice.value === target.value);
          if (chosen !== undefined) onChoose(chosen.value);
        }}
      >
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value} disabled={choice.isDisabled}>
            {choice.label}
          </option>
        ))}
      </select>
    </label>
  );
}

interface SegmentsProps<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly choices: readonly Choice<T>[];
  readonly onChoose: (value: T) => void;
}

/** A few choices side by side, of which one holds. */
export function Segments<T extends string>(props: SegmentsProps<T>): ReactNode {
  const { label, value, choices, onChoose } = props;
  return (
    <fieldset className="inline-flex rounded-md border border-line-strong p-0.5">
      <legend className="sr-only">{label}</legend>
      {choices.map((choice) => (
        <button
          key={choice.value}
          type="button"
          aria-pressed={choice.value === value}
          disabled={choice.isDisabled}
          onClick={() => onChoose(choice.value)}
          className={classes(
            'h-6.5 rounded px-2.5 text-sm whitespace-nowrap disabled:opacity-50',
            choice.value === value
              ? 'bg-selected font-medium text-ink'
              : 'text-ink-2 hover:bg-hover hover:text-ink',
          )}
        >
          {choice.label}
        </button>
      ))}
    </fieldset>
  );
}

export function Checkbox({
  label,
  ...rest
}: Omit<ComponentProps<'input'>, 'type'> & { readonly label: string }): ReactNode {
  return (
    <label className="inline-flex items-center gap-2 text-sm text-ink-2">
      <input type="checkbox" className="size-4 accent-accent" {...rest} />
      {label}
    </label>
  );
}
