// One titled part of the page. It shows by itself that figures are on their way, can't be had, are
// none, or are old; what is inside only shows figures.

import type { ReactNode } from 'react';
import { formatMs } from '../lib/format.ts';
import type { Reading } from '../lib/reading.ts';

interface PanelProps<T> {
  readonly id: string;
  readonly title: string;
  /** One line under the title. */
  readonly about: string;
  readonly reading: Reading<T>;
  readonly isEmpty?: (data: T) => boolean;
  /** What there is to say when there are no figures. */
  readonly emptyText?: string;
  readonly children: (data: T) => ReactNode;
}

export function Panel<T>(props: PanelProps<T>): ReactNode {
  const { id, title, about, reading } = props;
  return (
    <section className="panel" aria-labelledby={id} aria-busy={reading.kind === 'loading'}>
      <header className="panel-head">
        <h2 id={id}>{title}</h2>
        <Freshness reading={reading} />
      </header>
      <p className="about">{about}</p>
      <PanelBody {...props} />
    </section>
  );
}

function PanelBody<T>({ reading, isEmpty, emptyText, children }: PanelProps<T>): ReactNode {
  if (reading.kind === 'loading') {
    return (
      <div className="skeleton" role="status">
        <span className="unseen">Loading</span>
        <i />
        <i />
        <i />
      </div>
    );
  }
  if (reading.kind === 'failed') {
    return (
      <p className="notice failed" role="alert">
        {reading.reason} Trying again.
      </p>
    );
  }
  if (isEmpty?.(reading.data) === true) return <p className="notice">{emptyText}</p>;
  return (
    <div className={reading.staleMs === undefined ? undefined : 'old'}>
      {children(reading.data)}
    </div>
  );
}

function Freshness<T>({ reading }: { readonly reading: Reading<T> }): ReactNode {
  if (reading.kind !== 'here' || reading.staleMs === undefined) return null;
  return (
    <p className="badge stale" role="status" title={reading.reason}>
      {formatMs(reading.staleMs)} old
    </p>
  );
}
