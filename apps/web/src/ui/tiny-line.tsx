// A line of values without axes, in the colour of the text around it, for beside a figure that says the
// same in words: so it is hidden from screen readers. Where there is no value the line breaks.

import type { ReactNode } from 'react';

interface TinyLineProps {
  readonly values: readonly (number | null)[];
  /** Sets the size and the colour. */
  readonly className: string;
  /** The top of the scale; the greatest value where it is not set. */
  readonly max?: number;
}

export function TinyLine({ values, className, max }: TinyLineProps): ReactNode {
  const top = max ?? values.reduce<number>((most, value) => Math.max(most, value ?? 0), 0);
  return (
    <svg aria-hidden="true" viewBox="0 0 100 20" preserveAspectRatio="none" className={className}>
      <line
        x1="0"
        x2="100"
        y1="19.5"
        y2="19.5"
        stroke="var(--line)"
        strokeWidth="1"
        vectorEffect="non-scaling-stroke"
      />
      <path
        d={pathOf(values, top === 0 ? 1 : top)}
        fill="none"
        stroke="currentColor"
        strokeWidth="1.5"
        vectorEffect="non-scaling-stroke"
      />
    </svg>
  );
}

function pathOf(values: readonly (number | null)[], top: number): string {
  const step = 100 / Math.max(1, values.length - 1);
  let isDrawing = false;
  return values
    .map((value, at) => {
      if (value === null) {
        isDrawing = false;
        return '';
      }
      const command = isDrawing ? 'L' : 'M';
      isDrawing = true;
      return `${command}${(at * step).toFixed(1)} ${(19 - (Math.min(value, top) / top) * 18).toFixed(1)}`;
    })
    .join('');
}
