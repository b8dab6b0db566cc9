// Nodes by nodes: round trips from each to each other, and what each thinks of each other. Both are tables
// whose cells say in words what their colours say.

import type { ReactNode } from 'react';
import { useAnswer } from '../../connection/use-answer.ts';
import { useLinks } from '../../connection/use-links.ts';
import { formatCount, noFigure } from '../../format/numbers.ts';
import { formatDuration } from '../../format/times.ts';
import { StateBadge } from '../../ui/badge.tsx';
import { classes } from '../../ui/classes.ts';
import { ReadingPanel } from '../../ui/panel.tsx';
import {
  type RttBand,
  type RttCell,
  type RttMatrix,
  rttBandTexts,
  rttMatrixOf,
  rttSummaryOf,
} from './node-links.ts';
import {
  type OpinionCell,
  type OpinionMatrix,
  opinionMatrixOf,
  opinionSummaryOf,
} from './opinions.ts';

/** milliseconds */
const againMs = 2_000;

const cellClasses = 'h-11 min-w-24 rounded px-2 text-center align-middle';

export function MatrixView(): ReactNode {
  return (
    <ReadingPanel
      title="Round trips"
      about="From each node (row) to each other (column)"
      reading={useLinks()}
      skeletonLines={6}
    >
      {({ answers }) => <RttTable matrix={rttMatrixOf(answers)} />}
    </ReadingPanel>
  );
}

const bandClasses: Readonly<Record<RttBand, string>> = {
  0: 'bg-lag-2 text-ink',
  1: 'bg-lag-1 text-ink',
  2: 'bg-lag-0 text-ink',
  3: 'bg-lag-3 text-lag-ink',
  4: 'bg-lag-4 text-lag-ink',
};

const bandMarks: Readonly<Record<RttBand, string>> = { 0: '▼▼', 1: '▼', 2: '', 3: '▲', 4: '▲▲' };

function RttTable({ matrix }: { readonly matrix: RttMatrix }): ReactNode {
  const { nodes, cells, rowMeansMs, columnMeansMs, meanMs, deviationMs } = matrix;
  return (
    <div className="flex flex-col gap-3">
      <p className="text-base">
        <bdi>{rttSummaryOf(matrix)}</bdi>
      </p>
      <SquareFrame label="Round trips between nodes">
        <thead>
          <tr>
            <Corner>from ↓ to →</Corner>
            {nodes.map(({ actorId, address, trouble }) => (
              <ColumnHead key={actorId} address={address} trouble={trouble} />
            ))}
            <th scope="col" className="px-2 pb-1 align-bottom text-xs font-medium text-ink-2">
              mean
            </th>
          </tr>
        </thead>
        <tbody>
          {nodes.map(({ actorId, address, trouble }, row) => (
            <tr key={actorId}>
              <RowHead address={address} trouble={trouble} />
              {nodes.map((to, column) => (
                <RttTableCell
                  key={to.actorId}
                  cell={cells[row]?.[column] ?? null}
                  isSelf={row === column}
                />
              ))}
              <td className="figures px-2 text-center text-ink-2">
                {formatDuration(rowMeansMs[row])}
              </td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row" className="pr-3 pl-2 text-left text-xs font-medium text-ink-2">
              mean
            </th>
            {columnMeansMs.map((mean, column) => (
              <td key={nodes[column]?.actorId} className="figures h-9 px-2 text-center text-ink-2">
                {formatDuration(mean)}
              </td>
            ))}
            <td className="figures px-2 text-center font-medium">{formatDuration(meanMs)}</td>
          </tr>
        </tfoot>
      </SquareFrame>
      <div className="flex flex-wrap items-center gap-x-4 gap-y-1 text-xs text-ink-2">
        <ul aria-label="Bands by deviation from the mean" className="flex flex-wrap gap-0.5">
          {rttBandTexts.map((text, at) => {
            const band = bandAt(at);
            return (
              <li key={text} className={classes('rounded px-1.5 py-px', bandClasses[band])}>
                {bandMarks[band]} {text}
              </li>
            );
          })}
        </ul>
        <span className="figures">
          A step is one standard deviation, {formatDuration(deviationMs)}, but 1 ms at least.
        </span>
        <span>hatched: no data</span>
      </div>
    </div>
  );
}

function bandAt(at: number): RttBand {
  const bands: readonly RttBand[] = [0, 1, 2, 3, 4];
  return bands[at] ?? 2;
}

function RttTableCell({
  cell,
  isSelf,
}: {
  readonly cell: RttCell | null;
  readonly isSelf: boolean;
}): ReactNode {
  if (isSelf) {
    return <td className={classes(cellClasses, 'border border-line text-ink-3')}>·</td>;
  }
  if (cell === null) {
    return (
      <td className={classes(cellClasses, 'hatched border border-line text-xs text-ink-2')}>
        no data
      </td>
    );
  }
  const lost = cell.packetsLost === 0 ? '' : `${formatCount(cell.packetsLost)} lost`;
  return (
    <td
      title={`${rttBandTexts[cell.band]}; ${formatCount(cell.packetsLost)} packets lost`}
      className={classes(cellClasses, bandClasses[cell.band])}
    >
      <span className="figures block font-medium whitespace-nowrap">
        {formatDuration(cell.rttMs)}{' '}
        <span className="text-xs font-normal">
          <span aria-hidden="true">{bandMarks[cell.band]}</span>
          <span className="sr-only">{rttBandTexts[cell.band]}</span>
        </span>
      </span>
      {lost === '' ? null : <span className="figures block text-xs">{lost}</span>}
    </td>
  );
}

export function OpinionsView(): ReactNode {
  const { reading } = useAnswer(
    ['cluster.opinions'],
    (api, signal) => api.cluster.opinions.query(undefined, { signal }),
    { everyMs: againMs },
  );
  return (
    <ReadingPanel
      title="Opinions"
      about="What each node (row) thinks of each other (column)"
      reading={reading}
      skeletonLines={6}
    >
      {(answers) => <OpinionTable matrix={opinionMatrixOf(answers)} />}
    </ReadingPanel>
  );
}

function OpinionTable({ matrix }: { readonly matrix: OpinionMatrix }): ReactNode {
  const { observers, members, cells } = matrix;
  return (
    <div className="flex flex-col gap-3">
      <p className="text-base">
        <bdi>{opinionSummaryOf(matrix)}</bdi>
      </p>
      <SquareFrame label="Opinions of nodes about nodes">
        <thead>
          <tr>
            <Corner>thinks ↓ of →</Corner>
            {members.map(({ actorId, address }) => (
              <ColumnHead key={actorId} address={address} trouble={null} />
            ))}
          </tr>
        </thead>
        <tbody>
          {observers.map(({ actorId, address, trouble }, row) => (
            <tr key={actorId}>
              <RowHead address={address} trouble={trouble} />
              {members.map((member, column) => (
                <OpinionTableCell key={member.actorId} cell={cells[row]?.[column]} />
              ))}
            </tr>
          ))}
        </tbody>
      </SquareFrame>
      <p className="text-xs text-ink-2">
        Outlined: the nodes disagree about this one. The number is its incarnation, which it raises
        to refute a suspicion.
      </p>
    </div>
  );
}

function OpinionTableCell({ cell }: { readonly cell: OpinionCell | undefined }): ReactNode {
  const outline = 'outline-2 -outline-offset-2 outline-warn';
  switch (cell?.kind) {
    case 'self':
      return <td className={classes(cellClasses, 'border border-line text-ink-3')}>·</td>;
    case 'opinion':
      return (
        <td className={classes(cellClasses, 'bg-sunken', cell.disagrees && outline)}>
          <StateBadge state={cell.state} />
          <span className="figures block text-xs text-ink-2" title="Incarnation">
            {formatCount(cell.incarnation)}
            {cell.disagrees ? <span className="sr-only">, disputed</span> : null}
          </span>
        </td>
      );
    case 'unknown':
      return (
        <td
          className={classes(
            cellClasses,
            'hatched border border-line text-xs text-ink-2',
            cell.disagrees && outline,
          )}
        >
          not known to it
        </td>
      );
    default:
      return (
        <td className={classes(cellClasses, 'hatched border border-line text-xs text-ink-2')}>
          {cell === undefined ? noFigure : 'no answer'}
        </td>
      );
  }
}

function SquareFrame({
  label,
  children,
}: {
  readonly label: string;
  readonly children: ReactNode;
}): ReactNode {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a scrolling frame is a region, not a form.
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it must scroll by keyboard.
    <div role="region" aria-label={label} tabIndex={0} className="relative overflow-x-auto pb-1">
      <table className="border-separate border-spacing-0.5 text-sm">{children}</table>
    </div>
  );
}

function Corner({ children }: { readonly children: ReactNode }): ReactNode {
  return (
    <th scope="col" className="px-2 pb-1 text-left align-bottom text-xs font-medium text-ink-3">
      {children}
    </th>
  );
}

interface HeadProps {
  readonly address: string;
  readonly trouble: string | null;
}

function ColumnHead({ address, trouble }: HeadProps): ReactNode {
  return (
    <th scope="col" title={address} className="px-1 pb-1 align-bottom font-normal">
      <span className="mx-auto block max-w-36 truncate font-mono text-xs text-ink">
        <bdi>{address}</bdi>
      </span>
      {trouble === null ? null : <span className="block text-xs text-bad">✕ silent</span>}
    </th>
  );
}

function RowHead({ address, trouble }: HeadProps): ReactNode {
  return (
    <th scope="row" title={trouble ?? address} className="pr-3 pl-2 text-left font-normal">
      <span className="block max-w-44 truncate font-mono text-xs text-ink">
        <bdi>{address}</bdi>
      </span>
      {trouble === null ? null : <span className="block text-xs text-bad">✕ doesn’t answer</span>}
    </th>
  );
}
