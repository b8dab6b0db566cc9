// Tables of a few hundred rows at most, as elements that screen readers know. Wide ones scroll sideways in
// a frame that can be reached by keyboard. (For results of queries there is the grid.)

import type { ReactNode } from 'react';
import { classes } from './classes.ts';

interface TableProps {
  /** What it lists, for those who don't see it. */
  readonly label: string;
  readonly head: ReactNode;
  readonly children: ReactNode;
  readonly className?: string;
}

export function Table({ label, head, children, className }: TableProps): ReactNode {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a scrolling frame is a region, not a form.
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it must scroll by keyboard.
    <div role="region" aria-label={label} tabIndex={0} className="relative overflow-x-auto">
      <table className={classes('w-full border-collapse text-left text-sm', className)}>
        <thead>
          <tr className="border-b border-line">{head}</tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

interface CellProps {
  readonly children?: ReactNode;
  readonly isNumber?: boolean;
  readonly title?: string;
  readonly className?: string;
}

export function HeadCell({ children, isNumber = false, title, className }: CellProps): ReactNode {
  return (
    <th
      scope="col"
      title={title}
      className={classes(
        'px-3 py-1.5 text-xs font-medium whitespace-nowrap text-ink-3',
        isNumber && 'text-right',
        className,
      )}
    >
      {children}
    </th>
  );
}

export function Cell({ children, isNumber = false, title, className }: CellProps): ReactNode {
  return (
    <td
      title={title}
      className={classes('px-3 py-1.5 align-top', isNumber && 'figures text-right', className)}
    >
      {children}
    </td>
  );
}

export function Row({
  children,
  className,
}: {
  readonly children: ReactNode;
  readonly className?: string;
}): ReactNode {
  return (
    <tr className={classes('border-b border-line last:border-b-0 hover:bg-hover', className)}>
      {children}
    </tr>
  );
}
