// One titled part of a page. It shows by itself that figures are on their way, can't be had, are not
// allowed, are none, or are old; what is inside only shows figures.

import { LockKeyhole, TriangleAlert } from 'lucide-react';
import { type ReactNode, useId } from 'react';
import type { Fault } from '../connection/faults.ts';
import { freshnessOf, type Reading } from '../connection/reading.ts';
import { formatDuration } from '../format/times.ts';
import { Badge } from './badge.tsx';
import { classes } from './classes.ts';
import { useNowMs } from './clock.ts';

interface PanelProps {
  readonly title: string;
  /** One line beside the title. */
  readonly about?: string;
  /** Buttons and marks at the right of the head. */
  readonly actions?: ReactNode;
  readonly className?: string;
  /** Without padding, for tables that reach the edges. */
  readonly isFlush?: boolean;
  readonly children: ReactNode;
}

export function Panel(props: PanelProps): ReactNode {
  const { title, about, actions, className, isFlush = false, children } = props;
  const id = useId();
  return (
    <section
      aria-labelledby={id}
      className={classes('min-w-0 rounded-lg border border-line bg-surface', className)}
    >
      <header className="flex min-h-11 flex-wrap items-center gap-x-3 gap-y-1 px-4 pt-2 pb-1">
        <h2 id={id} className="text-base font-semibold text-ink">
          {title}
        </h2>
        {about === undefined ? null : <p className="text-sm text-ink-3">{about}</p>}
        <div className="ml-auto flex items-center gap-2">{actions}</div>
      </header>
      <div className={isFlush ? 'pb-1' : 'px-4 pb-4'}>{children}</div>
    </section>
  );
}

interface ReadingPanelProps<T> extends Omit<PanelProps, 'children'> {
  readonly reading: Reading<T>;
  readonly isEmpty?: (data: T) => boolean;
  /** What there is to say when there is nothing. */
  readonly empty?: ReactNode;
  /** Lines of the skeleton while it loads. */
  readonly skeletonLines?: number;
  readonly children: (data: T) => ReactNode;
}

/** A panel of figures that come by themselves. */
export function ReadingPanel<T>(props: ReadingPanelProps<T>): ReactNode {
  const { reading, isEmpty, empty, skeletonLines, children, actions, ...panel } = props;
  return (
    <Panel
      {...panel}
      actions={
        <>
          <Age reading={reading} />
          {actions}
        </>
      }
    >
      <ReadingBody
        reading={reading}
        {...(isEmpty === undefined ? {} : { isEmpty })}
        empty={empty}
        {...(skeletonLines === undefined ? {} : { skeletonLines })}
      >
        {children}
      </ReadingBody>
    </Panel>
  );
}

type ReadingBodyProps<T> = Pick<
  ReadingPanelProps<T>,
  'reading' | 'isEmpty' | 'empty' | 'skeletonLines' | 'children'
>;

/** The inside of such a panel, for places that have no frame of their own. */
export function ReadingBody<T>(props: ReadingBodyProps<T>): ReactNode {
  const { reading, isEmpty, empty = 'Nothing here yet.', skeletonLines = 3, children } = props;
  switch (reading.kind) {
    case 'loading':
      return <Skeleton lines={skeletonLines} />;
    case 'failed':
      return <FaultNotice fault={reading.fault} />;
    case 'forbidden':
      return <ForbiddenNotice fault={reading.fault} />;
    case 'here':
      return isEmpty?.(reading.data) === true ? (
        <EmptyNotice>{empty}</EmptyNotice>
      ) : (
        children(reading.data)
      );
  }
}

const widths = ['w-full', 'w-5/6', 'w-2/3', 'w-3/4'] as const;

export function Skeleton({ lines = 3 }: { readonly lines?: number }): ReactNode {
  return (
    <div role="status" className="flex flex-col gap-2 py-2">
      <span className="sr-only">Loading</span>
      {Array.from({ length: lines }, (_, line) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the lines are all alike.
        <span key={line} className={classes('skeleton h-4', widths[line % widths.length])} />
      ))}
    </div>
  );
}

export function EmptyNotice({ children }: { readonly children: ReactNode }): ReactNode {
  return <div className="py-3 text-sm text-ink-3">{children}</div>;
}

export function FaultNotice({ fault }: { readonly fault: Fault }): ReactNode {
  return (
    <div role="alert" className="my-2 flex gap-2 rounded-md bg-bad-soft p-3 text-sm text-ink">
      <TriangleAlert aria-hidden="true" className="mt-0.5 size-4 shrink-0 text-bad" />
      <div className="min-w-0">
        <p className="whitespace-pre-wrap">{fault.text}</p>
        {fault.hint === undefined ? null : <p className="text-ink-2">{fault.hint}</p>}
        {fault.code.startsWith('PATINA_') ? (
          <code className="text-xs text-ink-2">{fault.code}</code>
        ) : null}
      </div>
    </div>
  );
}

export function ForbiddenNotice({ fault }: { readonly fault: Fault }): ReactNode {
  return (
    <div className="my-2 flex gap-2 rounded-md bg-sunken p-3 text-sm text-ink-2">
      <LockKeyhole aria-hidden="true" className="mt-0.5 size-4 shrink-0" />
      <p>Your role doesn’t include this. {fault.text}</p>
    </div>
  );
}

/** Shown only where figures that should keep coming are old. */
export function Age<T>({ reading }: { readonly reading: Reading<T> }): ReactNode {
  const nowMs = useNowMs();
  if (reading.kind !== 'here' || reading.fault === undefined) return null;
  const ageMs = nowMs - reading.atMs;
  const freshness = freshnessOf(ageMs);
  if (freshness === 'fresh') return null;
  return (
    <Badge tone={freshness === 'stale' ? 'warn' : 'bad'} title={reading.fault.text}>
      {formatDuration(ageMs)} old
    </Badge>
  );
}
