// What is behind one cell of the matrix: which versions of an actor a node lacks, as a strip and as lists,
// and the request to sync now.

'use client';

import { type ReactNode, useState } from 'react';
import { useConnection } from '../../connection/connection-provider.tsx';
import { type Fault, faultOf } from '../../connection/faults.ts';
import { nodeIdOf } from '../../connection/node-id.ts';
import { useAnswer } from '../../connection/use-answer.ts';
import { useSelf } from '../../connection/use-self.ts';
import { formatCount, plural } from '../../format/numbers.ts';
import { formatDuration } from '../../format/times.ts';
import { ActAtNode } from '../../ui/act-at-node.tsx';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { FaultNotice, ReadingBody } from '../../ui/panel.tsx';
import { rangeText, SeqStrip, VersionStrip } from './gap-strips.tsx';
import type { LagCell, LagMatrix } from './lag-reading.ts';
import { cellText, nameOf } from './lag-words.ts';

/** Gaps and versions in part that are asked for. */
const itemsMax = 200;

/** While the drawer is open they are asked for again this often, milliseconds. */
const againMs = 2_000;

interface LagDrawerProps {
  readonly matrix: LagMatrix | undefined;
  readonly observerId: string;
  readonly actorId: string;
  readonly onClose: () => void;
}

export function LagDrawer({ matrix, observerId, actorId, onClose }: LagDrawerProps): ReactNode {
  const row = matrix?.observers.findIndex((each) => each.actorId === observerId) ?? -1;
  const column = matrix?.actors.findIndex((each) => each.actorId === actorId) ?? -1;
  const [observer, actor] = [matrix?.observers[row], matrix?.actors[column]];
  const cell = matrix?.cells[row]?.[column];
  return (
    <Dialog title="What is lacking" place="right" isOpen onClose={onClose}>
      <div className="flex flex-col gap-5 p-4">
        {observer === undefined || actor === undefined || cell === undefined ? (
          <p className="text-sm text-ink-2">
            {matrix === undefined ? 'Waiting for the nodes.' : 'There is no such pair of nodes.'}
          </p>
        ) : (
          <>
            <p className="text-base">
              <bdi>{cellText(nameOf(observer), nameOf(actor), cell)}</bdi>
            </p>
            <Figures cell={cell} />
            {observer.trouble === null && cell.kind === 'seen' ? (
              <Lacking cell={cell} observerId={observerId} actorId={actorId} />
            ) : null}
            {cell.kind === 'own' ? null : <RequestSync observerId={observerId} />}
          </>
        )}
      </div>
    </Dialog>
  );
}

function Figures({ cell }: { readonly cell: LagCell }): ReactNode {
  if (cell.kind !== 'seen') return null;
  const figures = [
    ['Highest version known', formatCount(cell.head)],
    ['Complete versions here', formatCount(cell.head - cell.versions)],
    ['Lacking', `${cell.isAtLeast ? '≥ ' : ''}${formatCount(cell.versions)}`],
    ['Oldest lacking for', cell.ms === null ? 'not heard of' : formatDuration(cell.ms)],
  ] as const;
  return (
    <dl className="grid grid-cols-2 gap-x-4 gap-y-2 text-sm">
      {figures.map(([name, value]) => (
        <div key={name}>
          <dt className="text-xs text-ink-2">{name}</dt>
          <dd className="figures text-lg">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

interface LackingProps {
  readonly cell: Extract<LagCell, { readonly kind: 'seen' }>;
  readonly observerId: string;
  readonly actorId: string;
}

function Lacking({ cell, observerId, actorId }: LackingProps): ReactNode {
  const node = nodeIdOf(observerId);
  const asked = { node, actor_id: actorId, limit: itemsMax };
  const { reading } = useAnswer(
    ['replication.lacking', observerId, actorId],
    async (api, signal) => {
      const [gaps, partials] = await Promise.all([
        api.replication.gaps.query(asked, { signal }),
        api.replication.partials.query(asked, { signal }),
      ]);
      return { gaps, partials };
    },
    { everyMs: againMs, isEnabled: node !== undefined },
  );
  return (
    <ReadingBody reading={reading}>
      {({ gaps, partials }) => (
        <>
          <VersionStrip
            label={`Versions 1 to ${cell.head}: ${plural(cell.versions, 'version')} lacking.`}
            parts={{
              head: cell.head,
              ownHead: cell.ownHead,
              gaps: gaps.items,
              partials: partials.items.map(({ version }) => version),
            }}
          />
          <section aria-label="Gaps">
            <h3 className="text-sm font-semibold">Gaps</h3>
            {gaps.items.length === 0 ? (
              <p className="text-sm text-ink-2">None.</p>
            ) : (
              <ul className="mt-1 divide-y divide-line border-y border-line text-sm">
                {gaps.items.map(({ start, end }) => (
                  <li key={start} className="figures flex justify-between py-1.5">
                    <span>{rangeText(start, end)}</span>
                    <span className="text-ink-2">{plural(end - start + 1, 'version')}</span>
                  </li>
                ))}
              </ul>
            )}
            {gaps.next_cursor === null ? null : <MoreNotice />}
          </section>
          <section aria-label="Versions in part">
            <h3 className="text-sm font-semibold">Versions in part</h3>
            {partials.items.length === 0 ? (
              <p className="text-sm text-ink-2">None.</p>
            ) : (
              <ul className="mt-1 flex flex-col gap-3 text-sm">
                {partials.items.map(({ version, seqs, seqs_here: here, last_seq: lastSeq }) => {
                  const text = `Version ${formatCount(version)}: ${formatCount(here)} of ${plural(lastSeq + 1, 'change')} here`;
                  return (
                    <li key={version}>
                      <p className="figures">{text}</p>
                      <SeqStrip lastSeq={lastSeq} here={seqs} label={text} />
                    </li>
                  );
                })}
              </ul>
            )}
            {partials.next_cursor === null ? null : <MoreNotice />}
          </section>
        </>
      )}
    </ReadingBody>
  );
}

function MoreNotice(): ReactNode {
  return <p className="pt-1 text-xs text-ink-2">Only the first {itemsMax} are listed.</p>;
}

function RequestSync({ observerId }: { readonly observerId: string }): ReactNode {
  const { api } = useConnection();
  const self = useSelf();
  const [state, setState] = useState<'idle' | 'asking' | Fault | { readonly asked: number }>(
    'idle',
  );
  if (!self.may('admin')) return null;
  const request = () => {
    setState('asking');
    api.replication.requestSync.mutate({}).then(setState, (error) => setState(faultOf(error)));
  };
  return (
    <section aria-label="Sync" className="flex flex-col gap-2 border-t border-line pt-4">
      <ActAtNode actorId={observerId} purpose="to request a sync">
        <div className="flex flex-wrap items-center gap-3">
          <Button look="primary" onClick={request} disabled={state === 'asking'}>
            Request sync now
          </Button>
          <span role="status" className="text-sm text-ink-2">
            {state === 'asking' ? 'Asking.' : ''}
            {typeof state === 'object' && 'asked' in state
              ? `Sync with ${plural(state.asked, 'peer')} begins.`
              : ''}
          </span>
        </div>
      </ActAtNode>
      {typeof state === 'object' && 'text' in state ? <FaultNotice fault={state} /> : null}
    </section>
  );
}
