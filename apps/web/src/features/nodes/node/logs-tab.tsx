// The log of one node as it is written. While it is paused nothing moves, and what comes is kept.

'use client';

import { parseAsStringLiteral, useQueryState } from 'nuqs';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { nodeIdOf } from '../../../connection/node-id.ts';
import type { Answers } from '../../../connection/shapes.ts';
import { useFeed } from '../../../connection/use-feed.ts';
import { formatCount, plural } from '../../../format/numbers.ts';
import { formatClockMs } from '../../../format/times.ts';
import { useTimeZone } from '../../../settings/settings.ts';
import { Badge, type Tone } from '../../../ui/badge.tsx';
import { Button } from '../../../ui/button.tsx';
import { Checkbox, SelectField, TextField } from '../../../ui/fields.tsx';
import { ReadingPanel } from '../../../ui/panel.tsx';
import { addLines, linesMax } from './rings.ts';

type LogLine = Answers['nodes']['logs']['items'][number];

const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;

/** Lines drawn at once: the newest of those that are kept. */
const drawnMax = 300;

/** Longer messages are cut, characters. */
const messageMax = 2_000;

export function LogsTab({ actorId }: { readonly actorId: string }): ReactNode {
  const [level, setLevel] = useQueryState(
    'level',
    parseAsStringLiteral(levels).withDefault('info'),
  );
  const [text, setText] = useState('');
  const [paused, setPaused] = useState<readonly LogLine[]>();
  const [isFollowing, setFollowing] = useState(true);
  const node = nodeIdOf(actorId);
  const reading = useFeed<readonly LogLine[]>((api, to) => {
    let kept: readonly LogLine[] = [];
    return api.nodes.onLogs.subscribe(
      { node, level },
      {
        ...to,
        onData: ({ data }) => {
          kept = addLines(kept, data);
          to.onData(kept);
        },
      },
    );
  }, `${actorId} ${level}`);
  const newest = reading.kind === 'here' ? reading.data : [];
  const waiting = paused === undefined ? 0 : newest.filter(isAfter(paused)).length;
  return (
    <ReadingPanel
      title="Log"
      about={`Up to ${formatCount(linesMax)} lines are kept here`}
      reading={reading}
      skeletonLines={8}
      actions={
        <Button
          aria-pressed={paused !== undefined}
          onClick={() => setPaused(paused === undefined ? newest : undefined)}
        >
          {paused === undefined ? 'Pause' : `Resume (${plural(waiting, 'line')} more)`}
        </Button>
      }
    >
      {(lines) => (
        <div className="flex flex-col gap-2">
          <div className="flex flex-wrap items-center gap-3">
            <SelectField
              label="From level"
              value={level}
              choices={levels.map((value) => ({ value, label: value }))}
              onChoose={(value) => {
                setPaused(undefined);
                void setLevel(value);
              }}
            />
            <TextField
              label="Only lines with"
              isLabelHidden
              type="search"
              placeholder="Only lines with"
              value={text}
              onChange={({ target }) => setText(target.value)}
            />
            <Checkbox
              label="Follow the end"
              checked={isFollowing}
              onChange={({ target }) => setFollowing(target.checked)}
            />
          </div>
          <Lines
            lines={(paused ?? lines).filter((line) => has(line, text)).slice(-drawnMax)}
            isFollowing={isFollowing && paused === undefined}
          />
        </div>
      )}
    </ReadingPanel>
  );
}

function isAfter(lines: readonly LogLine[]): (line: LogLine) => boolean {
  const last = lines.at(-1)?.hlc ?? -1;
  return ({ hlc }) => hlc > last;
}

function has({ message, component, fields }: LogLine, text: string): boolean {
  const wanted = text.trim().toLowerCase();
  if (wanted === '') return true;
  return `${component ?? ''} ${message} ${fields}`.toLowerCase().includes(wanted);
}

const tones: Readonly<Record<LogLine['level'], Tone>> = {
  trace: 'muted',
  debug: 'muted',
  info: 'info',
  warn: 'warn',
  error: 'bad',
  fatal: 'bad',
};

interface LinesProps {
  readonly lines: readonly LogLine[];
  readonly isFollowing: boolean;
}

function Lines({ lines, isFollowing }: LinesProps): ReactNode {
  const zone = useTimeZone();
  const frame = useRef<HTMLDivElement>(null);
  const last = lines.at(-1)?.hlc;
  useEffect(() => {
    // Also when there are new lines, not only when the reader begins to follow.
    if (isFollowing && last !== undefined) {
      frame.current?.scrollTo({ top: frame.current.scrollHeight });
    }
  }, [isFollowing, last]);
  if (lines.length === 0) {
    return <p className="py-3 text-sm text-ink-3">No such lines yet.</p>;
  }
  return (
    <div
      ref={frame}
      role="log"
      aria-label="Lines of the log"
      aria-live="off"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it must scroll by keyboard.
      tabIndex={0}
      className="h-[28rem] overflow-auto rounded-md border border-line bg-canvas py-1 font-mono text-xs"
    >
      {lines.map((line) => (
        <div
          key={line.hlc}
          className="grid gap-x-3 px-3 py-0.5 hover:bg-hover sm:grid-cols-[auto_3.5rem_minmax(0,1fr)]"
        >
          <span className="figures whitespace-nowrap text-ink-2">
            {formatClockMs(line.at_ms, zone)}
          </span>
          <span>
            <Badge tone={tones[line.level]}>{line.level}</Badge>
          </span>
          <span className="min-w-0 break-words whitespace-pre-wrap">
            {line.component === null ? null : (
              <span className="text-ink-2">{line.component} · </span>
            )}
            <bdi>{cut(line.message)}</bdi>{' '}
            {line.fields === '{}' || line.fields === '' ? null : (
              <bdi className="text-ink-2">{cut(line.fields)}</bdi>
            )}
          </span>
        </div>
      ))}
    </div>
  );
}

function cut(text: string): string {
  return text.length > messageMax ? `${text.slice(0, messageMax)}…` : text;
}
