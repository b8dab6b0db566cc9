// How the stream is, in one line: live or not, how much flows and how late it is, and what can be done with it.

'use client';

import { Pause, Play, Unplug } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { useConnection, useConnectionState } from '../../connection/connection-provider.tsx';
import { formatCount, formatRate, plural } from '../../format/numbers.ts';
import { formatDuration } from '../../format/times.ts';
import { Badge, type Tone } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { useNowMs } from '../../ui/clock.ts';
import { FaultNotice } from '../../ui/panel.tsx';
import { latencyNote, latencyText } from './latency.ts';
import { heldMax, type LiveStream, type Resumption, type StreamState } from './live-stream.ts';
import { useStatus, useVersion } from './use-live-stream.ts';

const looks: Readonly<Record<StreamState, readonly [mark: string, tone: Tone, word: string]>> = {
  connecting: ['○', 'muted', 'Opening'],
  filling: ['◔', 'info', 'Reading the rows'],
  live: ['●', 'good', 'Live'],
  paused: ['‖', 'warn', 'Paused'],
  lost: ['◐', 'warn', 'Connection lost'],
  failed: ['✕', 'bad', 'Failed'],
  ended: ['■', 'muted', 'Ended'],
};

/** Counters are told this often, milliseconds. */
const tellMs = 250;

export function StreamPanel({ stream }: { readonly stream: LiveStream }): ReactNode {
  const { state, fault, filled, waiting, isLetGo, resumption } = useStatus(stream);
  const [mark, tone, word] = looks[state];
  return (
    <section
      aria-label="State of the stream"
      className="rounded-lg border border-line bg-surface px-4 py-2.5"
    >
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <Badge tone={tone} className="min-w-14 justify-center">
          <span aria-hidden="true">{mark}</span>
          <span>{word}</span>
        </Badge>
        <Counters stream={stream} />
        <Actions stream={stream} state={state} />
      </div>
      {state === 'filling' && filled > 0 ? (
        <p className="figures mt-2 text-sm text-ink-2">{plural(filled, 'row')} so far.</p>
      ) : null}
      {state === 'paused' ? (
        <p className="figures mt-2 text-sm text-ink-2">
          {isLetGo
            ? `${plural(waiting, 'change')} wait, and more were made: beyond ${formatCount(heldMax)} the stream is let go. Going on reads what was missed from the node.`
            : `${plural(waiting, 'change')} ${waiting === 1 ? 'waits' : 'wait'}.`}
        </p>
      ) : null}
      {fault === undefined ? null : <FaultNotice fault={fault} />}
      {state === 'ended' ? (
        <p className="mt-2 text-sm text-ink-2">
          The node ended this live query. Watching it again begins with a fresh result.
        </p>
      ) : null}
      <p role="status" className="mt-2 text-sm text-ink-2 empty:hidden">
        {resumption === undefined || state !== 'live' ? '' : resumptionText(resumption)}
      </p>
    </section>
  );
}

function resumptionText({ how, missed, awayMs, reason }: Resumption): string {
  const away = `The connection was gone for ${formatDuration(awayMs)}.`;
  if (how === 'anew') {
    const why = reason === null ? '' : ` (${reason})`;
    return `${away} The node that answers now sent the whole result anew${why}: nothing is missing.`;
  }
  const what =
    missed === 0 ? 'nothing had changed meanwhile' : `${plural(missed, 'change')} followed`;
  return `${away} The stream resumed at its cursor: ${what}, and nothing was lost.`;
}

function Counters({ stream }: { readonly stream: LiveStream }): ReactNode {
  useVersion(stream, tellMs);
  const nowMs = useNowMs();
  const { feed, rowCount } = stream;
  const { medianMs } = feed;
  return (
    <dl className="figures flex flex-wrap gap-x-5 gap-y-1 text-sm">
      <Counter name="Rows" value={formatCount(rowCount)} />
      <Counter name="Changes" value={formatRate(feed.rate(nowMs))} />
      <Counter name="So far" value={formatCount(feed.total)} />
      <Counter
        name="Latency, p50"
        value={medianMs === undefined ? '–' : latencyText(medianMs)}
        title={latencyNote}
      />
    </dl>
  );
}

interface CounterProps {
  readonly name: string;
  readonly value: string;
  readonly title?: string;
}

function Counter({ name, value, title }: CounterProps): ReactNode {
  return (
    <div className="flex items-baseline gap-1.5" title={title}>
      <dt className="text-xs text-ink-3">{name}</dt>
      <dd className="min-w-8 font-medium">{value}</dd>
    </div>
  );
}

interface ActionsProps {
  readonly stream: LiveStream;
  readonly state: StreamState;
}

function Actions({ stream, state }: ActionsProps): ReactNode {
  const connection = useConnection();
  const { kind } = useConnectionState();
  const [isPaused, setIsPaused] = useState(false);
  const toggle = () => {
    setIsPaused(!isPaused);
    if (isPaused) stream.resume();
    else stream.pause();
  };
  if (state === 'failed' || state === 'ended') {
    return (
      <div className="ml-auto">
        <Button onClick={() => stream.restart()}>Watch again</Button>
      </div>
    );
  }
  return (
    <div className="ml-auto flex flex-wrap gap-2">
      <Button onClick={toggle} aria-pressed={isPaused}>
        {isPaused ? (
          <Play aria-hidden="true" className="size-4" />
        ) : (
          <Pause aria-hidden="true" className="size-4" />
        )}
        {isPaused ? 'Go on' : 'Pause'}
      </Button>
      <Button
        onClick={() => connection.renew()}
        disabled={kind !== 'open'}
        title="Closes the connection of this page, to show that the stream goes on without loss"
      >
        <Unplug aria-hidden="true" className="size-4" />
        Drop the connection
      </Button>
    </div>
  );
}
