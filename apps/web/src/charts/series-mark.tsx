// The mark of each line of a chart: a shape beside the colour, so that lines are told apart by either.

import type { ReactNode } from 'react';

/** Colour of the line with this number. */
export function seriesColour(index: number): string {
  return `var(--series-${(index % shapes.length) + 1})`;
}

const shapes = [
  'M0-4A4 4 0 1 1 0 4A4 4 0 1 1 0-4Z',
  'M-3.5-3.5H3.5V3.5H-3.5Z',
  'M0-4.5L4.5 3.5H-4.5Z',
  'M0-5L5 0L0 5L-5 0Z',
  'M-4.5-1.5H-1.5V-4.5H1.5V-1.5H4.5V1.5H1.5V4.5H-1.5V1.5H-4.5Z',
  'M0 4.5L4.5-3.5H-4.5Z',
] as const;

interface SeriesShapeProps {
  readonly index: number;
  readonly x: number;
  readonly y: number;
}

/** The shape within a drawing. */
export function SeriesShape({ index, x, y }: SeriesShapeProps): ReactNode {
  return (
    <path
      d={shapes[index % shapes.length]}
      transform={`translate(${x} ${y})`}
      fill={seriesColour(index)}
      stroke="var(--surface)"
      strokeWidth="1"
    />
  );
}

/** The shape by itself, for legends. */
export function SeriesMark({ index }: { readonly index: number }): ReactNode {
  return (
    <svg aria-hidden="true" viewBox="-6 -6 12 12" className="size-3 shrink-0">
      <SeriesShape index={index} x={0} y={0} />
    </svg>
  );
}
