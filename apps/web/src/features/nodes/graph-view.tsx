// The cluster as a picture: near nodes stand near each other. Nodes are links of the page over a drawing
// of their connections, so that keyboard and screen reader reach them; a list beside it says the same.

import { type ReactNode, useMemo, useState } from 'react';
import { useMembers } from '../../connection/cluster-reading.tsx';
import { type Link, rateNow } from '../../connection/link-rates.ts';
import { type Links, useLinks } from '../../connection/use-links.ts';
import { formatBytes, noFigure, plural } from '../../format/numbers.ts';
import { formatDuration } from '../../format/times.ts';
import { type MemberState, StateBadge, stateMarks } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { classes } from '../../ui/classes.ts';
import { PageLink } from '../../ui/page-link.tsx';
import { ReadingPanel } from '../../ui/panel.tsx';
import { Places, rttMatrixOf, rttSummaryOf } from './node-links.ts';
import { type Point, parted, squeezed } from './stress-layout.ts';

/** Kept while the page is open, so that nodes stand where they stood when the view is opened again. */
const places = new Places();

/** With more connections than this only those of the node that is pointed at have labels. */
const labelsMax = 15;

/** The room that a node takes, shares of the picture; less where there are more nodes than this. */
const nodeWidth = 0.33;
const nodeHeight = 0.12;
const roomyMax = 12;

export function GraphView(): ReactNode {
  const reading = useLinks();
  const [, setRound] = useState(0);
  return (
    <ReadingPanel
      title="Graph"
      about="Near means a short round trip"
      reading={reading}
      skeletonLines={8}
      actions={
        <Button
          look="quiet"
          onClick={() => {
            places.clear();
            setRound((round) => round + 1);
          }}
        >
          Place anew
        </Button>
      }
    >
      {(data) => <Graph data={data} />}
    </ReadingPanel>
  );
}

interface PlacedNode {
  readonly actorId: string;
  readonly address: string;
  /** null until the reading of the cluster is here. */
  readonly state: MemberState | null;
  readonly isSilent: boolean;
  readonly point: Point;
}

interface Edge {
  readonly key: string;
  readonly a: PlacedNode;
  readonly b: PlacedNode;
  readonly rttMs: number | null;
  readonly bytesPerS: number;
}

function Graph({ data }: { readonly data: Links }): ReactNode {
  const members = useMembers();
  const [pointed, setPointed] = useState<string>();
  const matrix = useMemo(() => rttMatrixOf(data.answers), [data.answers]);
  const points = arranged(places.of(matrix));
  const stateOf = new Map(members.map(({ actor_id: id, state }) => [id, state]));
  const nodes = matrix.nodes.map(({ actorId, address, trouble }, at) => ({
    actorId,
    address,
    state: stateOf.get(actorId) ?? null,
    isSilent: trouble !== null,
    point: points[at] ?? { x: 0.5, y: 0.5 },
  }));
  const edges = edgesOf(nodes, data.links);
  return (
    <div className="grid gap-6 lg:grid-cols-[minmax(0,1fr)_20rem]">
      <figure>
        <figcaption className="pb-2 text-sm text-ink-2">
          {rttSummaryOf(matrix)} Thicker lines carry more bytes.
        </figcaption>
        <div className="relative mx-auto aspect-[3/4] w-full max-w-3xl rounded-md bg-canvas sm:aspect-[4/3]">
          <Edges edges={edges} pointed={pointed} />
          {nodes.map((node) => (
            <GraphNode key={node.actorId} node={node} onPoint={setPointed} />
          ))}
        </div>
      </figure>
      <NodeList nodes={nodes} edges={edges} />
    </div>
  );
}

/** Within the picture, and so that no node covers another one. */
function arranged(points: readonly Point[]): Point[] {
  const share = Math.min(1, Math.sqrt(roomyMax / points.length));
  const inside = points.map(({ x, y }) => ({ x: 0.18 + x * 0.64, y: 0.09 + y * 0.82 }));
  return squeezed(parted(inside, nodeWidth * share, nodeHeight * share));
}

function edgesOf(nodes: readonly PlacedNode[], links: readonly Link[]): Edge[] {
  const byPair = new Map(links.map((link) => [`${link.from} ${link.to}`, link]));
  return nodes.flatMap((a, at) =>
    nodes.slice(at + 1).flatMap((b) => {
      const there = byPair.get(`${a.actorId} ${b.actorId}`);
      const back = byPair.get(`${b.actorId} ${a.actorId}`);
      if (there === undefined && back === undefined) return [];
      const rtts = [there?.rttMs, back?.rttMs].flatMap((rtt) => (rtt == null ? [] : [rtt]));
      return [
        {
          key: `${a.actorId} ${b.actorId}`,
          a,
          b,
          rttMs: rtts.length === 0 ? null : rtts.reduce((sum, rtt) => sum + rtt, 0) / rtts.length,
          bytesPerS: (rateNow(there) ?? 0) + (rateNow(back) ?? 0),
        },
      ];
    }),
  );
}

interface EdgesProps {
  readonly edges: readonly Edge[];
  readonly pointed: string | undefined;
}

function Edges({ edges, pointed }: EdgesProps): ReactNode {
  const isOfPointed = ({ a, b }: Edge) => a.actorId === pointed || b.actorId === pointed;
  const hasLabel = (edge: Edge) => edges.length <= labelsMax || isOfPointed(edge);
  return (
    <div aria-hidden="true">
      <svg
        aria-hidden="true"
        viewBox="0 0 100 100"
        preserveAspectRatio="none"
        className="absolute inset-0 size-full"
      >
        {edges.map((edge) => (
          <line
            key={edge.key}
            x1={edge.a.point.x * 100}
            y1={edge.a.point.y * 100}
            x2={edge.b.point.x * 100}
            y2={edge.b.point.y * 100}
            stroke={isOfPointed(edge) ? 'var(--accent)' : 'var(--line-strong)'}
            strokeWidth={thicknessOf(edge.bytesPerS)}
            vectorEffect="non-scaling-stroke"
          />
        ))}
      </svg>
      {edges.filter(hasLabel).map(({ key, a, b, rttMs }) => (
        <span
          key={key}
          style={{
            left: `${(a.point.x + b.point.x) * 50}%`,
            top: `${(a.point.y + b.point.y) * 50}%`,
          }}
          className="figures absolute -translate-1/2 rounded bg-canvas px-1 text-xs whitespace-nowrap text-ink-2"
        >
          {formatDuration(rttMs)}
        </span>
      ))}
    </div>
  );
}

/** Pixels, on a scale of tens: 1 below a kilobyte, 7 from a gigabyte on. */
function thicknessOf(bytesPerS: number): number {
  return Math.max(1, Math.min(7, Math.log10(Math.max(1, bytesPerS)) - 2));
}

const frames: Readonly<Record<MemberState, string>> = {
  alive: 'border-line-strong',
  suspect: 'border-warn border-2 border-dashed',
  down: 'border-bad border-2',
  left: 'border-line-strong border-dotted',
};

const inks: Readonly<Record<MemberState, string>> = {
  alive: 'text-good',
  suspect: 'text-warn',
  down: 'text-bad',
  left: 'text-ink-2',
};

interface GraphNodeProps {
  readonly node: PlacedNode;
  readonly onPoint: (actorId: string | undefined) => void;
}

function GraphNode({ node, onPoint }: GraphNodeProps): ReactNode {
  const { actorId, address, state, point } = node;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it only lights up the lines of the link inside.
    <div
      style={{ left: `${point.x * 100}%`, top: `${point.y * 100}%` }}
      className="absolute -translate-1/2"
      onPointerEnter={() => onPoint(actorId)}
      onPointerLeave={() => onPoint(undefined)}
      onFocus={() => onPoint(actorId)}
      onBlur={() => onPoint(undefined)}
    >
      <PageLink
        href={`/nodes?id=${actorId}`}
        title={`${address}: ${state ?? 'state not known yet'}`}
        className={classes(
          'flex max-w-28 flex-col items-center rounded-lg border bg-raised px-2 py-1 text-xs shadow-raised hover:bg-hover sm:max-w-48',
          state === null ? 'border-line' : frames[state],
        )}
      >
        <span className="max-w-full truncate font-mono text-ink">
          <bdi>{address}</bdi>
        </span>
        {state === null ? (
          <span className="text-ink-2">{noFigure}</span>
        ) : (
          <span className={inks[state]}>
            <span aria-hidden="true">{stateMarks[state]}</span> {state}
          </span>
        )}
      </PageLink>
    </div>
  );
}

interface NodeListProps {
  readonly nodes: readonly PlacedNode[];
  readonly edges: readonly Edge[];
}

function NodeList({ nodes, edges }: NodeListProps): ReactNode {
  return (
    <section aria-label="The same as a list" className="min-w-0">
      <h3 className="pb-1 text-sm font-semibold">Nodes and their connections</h3>
      <ul className="divide-y divide-line border-y border-line text-sm">
        {nodes.map(({ actorId, address, state, isSilent }) => {
          const own = edges.filter(({ a, b }) => a.actorId === actorId || b.actorId === actorId);
          const rtts = own.flatMap(({ rttMs }) => (rttMs === null ? [] : [rttMs]));
          const bytes = own.reduce((sum, { bytesPerS }) => sum + bytesPerS, 0);
          return (
            <li key={actorId} className="py-1.5">
              <div className="flex items-center justify-between gap-2">
                <PageLink
                  href={`/nodes?id=${actorId}`}
                  className="min-w-0 truncate py-1 font-mono text-xs text-ink underline decoration-line-strong underline-offset-2"
                >
                  <bdi>{address}</bdi>
                </PageLink>
                {state === null ? null : <StateBadge state={state} />}
              </div>
              <p className="figures text-xs text-ink-2">
                {plural(own.length, 'connection')}
                {rtts.length === 0
                  ? ''
                  : `, ${formatDuration(Math.min(...rtts))} to ${formatDuration(Math.max(...rtts))}`}
                , {bytes === 0 ? noFigure : `${formatBytes(bytes)}/s`}
                {isSilent ? ', doesn’t answer' : ''}
              </p>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
