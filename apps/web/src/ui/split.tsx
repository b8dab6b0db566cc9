// Two panes with a bar between them that can be dragged, or moved with the arrows. On narrow screens they
// stand one below the other, without a bar.

'use client';

import {
  type KeyboardEvent,
  type PointerEvent,
  type ReactNode,
  type RefObject,
  useEffect,
  useRef,
} from 'react';
import { classes } from './classes.ts';

interface SplitProps {
  /** Of the bar, for those who don't see it: "Width of the schema". */
  readonly label: string;
  readonly direction: 'row' | 'column';
  /** Of the first pane, pixels. */
  readonly initial: number;
  readonly min: number;
  readonly max: number;
  /** Where its size is kept in this browser. */
  readonly storageKey: string;
  readonly first: ReactNode;
  readonly second: ReactNode;
  readonly className?: string;
}

const keyStep = 24;

const shapes = {
  row: 'md:grid-cols-[var(--split)_0.75rem_minmax(0,1fr)]',
  column: 'md:grid-rows-[var(--split)_0.75rem_minmax(0,1fr)]',
} as const;

export function Split(props: SplitProps): ReactNode {
  const { label, direction, initial, min, max, first, second, className } = props;
  const frame = useRef<HTMLDivElement>(null);
  const bar = useRef<HTMLHRElement>(null);
  const resize = useSize(props, frame, bar);
  const drag = (event: PointerEvent) => {
    const box = frame.current?.getBoundingClientRect();
    if (box === undefined || !event.currentTarget.hasPointerCapture(event.pointerId)) return;
    resize(direction === 'row' ? event.clientX - box.left : event.clientY - box.top);
  };
  const move = (event: KeyboardEvent) => {
    const size = Number(bar.current?.getAttribute('aria-valuenow') ?? initial);
    const step = stepOf(event.key, direction);
    if (step === 0 && event.key !== 'Home' && event.key !== 'End') return;
    event.preventDefault();
    resize(event.key === 'Home' ? min : event.key === 'End' ? max : size + step * keyStep);
  };
  return (
    <div
      ref={frame}
      className={classes(
        'flex min-h-0 min-w-0 flex-col gap-3 md:grid md:gap-0',
        shapes[direction],
        className,
      )}
    >
      <div className="min-h-0 min-w-0">{first}</div>
      <hr
        ref={bar}
        tabIndex={0}
        aria-label={label}
        aria-orientation={direction === 'row' ? 'vertical' : 'horizontal'}
        aria-valuemin={min}
        aria-valuemax={max}
        aria-valuenow={initial}
        onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
        onPointerMove={drag}
        onKeyDown={move}
        className={classes(
          'relative hidden touch-none border-0 after:absolute after:inset-0 after:m-auto after:rounded-full after:bg-line-strong hover:after:bg-accent md:block',
          direction === 'row'
            ? 'h-full w-3 cursor-col-resize after:h-10 after:w-1'
            : 'h-3 w-full cursor-row-resize after:h-1 after:w-10',
        )}
      />
      <div className="min-h-0 min-w-0">{second}</div>
    </div>
  );
}

function stepOf(key: string, direction: 'row' | 'column'): number {
  if (key === (direction === 'row' ? 'ArrowRight' : 'ArrowDown')) return 1;
  return key === (direction === 'row' ? 'ArrowLeft' : 'ArrowUp') ? -1 : 0;
}

/** Sizes are set on the element itself: panes of heavy content are not drawn anew while one drags. */
function useSize(
  { initial, min, max, storageKey }: SplitProps,
  frame: RefObject<HTMLDivElement | null>,
  bar: RefObject<HTMLHRElement | null>,
): (size: number) => void {
  const set = (size: number) => {
    const within = Math.round(Math.max(min, Math.min(max, size)));
    frame.current?.style.setProperty('--split', `${within}px`);
    bar.current?.setAttribute('aria-valuenow', String(within));
    return within;
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: the size is read once.
  useEffect(() => {
    set(keptSize(storageKey) ?? initial);
  }, [storageKey]);
  return (size) => keepSize(storageKey, set(size));
}

function keptSize(key: string): number | undefined {
  try {
    const size = Number(localStorage.getItem(key) ?? '');
    return size > 0 ? size : undefined;
  } catch {
    return undefined;
  }
}

function keepSize(key: string, size: number): void {
  try {
    localStorage.setItem(key, String(size));
  } catch {
    // Then it holds until the page is left.
  }
}
