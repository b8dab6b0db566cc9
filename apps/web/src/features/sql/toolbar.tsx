// What the page may do with the text: where, in which mode, up to which limits; and the buttons that do it.

'use client';

import { Activity, Ban, Clock, Download, ListTree, Play, Save, Share2 } from 'lucide-react';
import { type ReactNode, useRef } from 'react';
import { useSelf } from '../../connection/use-self.ts';
import { Button, buttonClasses, IconButton } from '../../ui/button.tsx';
import { type Choice, Segments, SelectField } from '../../ui/fields.tsx';
import { PageLink } from '../../ui/page-link.tsx';
import type { SqlMode } from './run-plan.ts';

export const rowLimits = ['100', '1000', '10000', '100000'] as const;
export type RowLimit = (typeof rowLimits)[number];
/** Seconds. */
export const timeLimits = ['5', '10', '30', '60', '600'] as const;
export type TimeLimit = (typeof timeLimits)[number];

export const exportFormats = ['csv', 'json', 'ndjson'] as const;
export type ExportFormat = (typeof exportFormats)[number];

export interface ToolbarActions {
  readonly run: () => void;
  readonly explain: () => void;
  readonly cancel: () => void;
  readonly save: () => void;
  readonly share: () => void;
  readonly exportAs: (format: ExportFormat) => void;
  readonly library: () => void;
}

interface ToolbarProps {
  readonly target: string;
  readonly targets: readonly Choice<string>[];
  readonly onTarget: (target: string) => void;
  readonly mode: SqlMode;
  readonly onMode: (mode: SqlMode) => void;
  readonly rows: RowLimit;
  readonly onRows: (rows: RowLimit) => void;
  readonly time: TimeLimit;
  readonly onTime: (time: TimeLimit) => void;
  readonly isRunning: boolean;
  /** Of the live query of the statement at the cursor; undefined where it is none. */
  readonly watchHref: string | undefined;
  readonly actions: ToolbarActions;
}

const rowChoices: readonly Choice<RowLimit>[] = [
  { value: '100', label: '100' },
  { value: '1000', label: '1,000' },
  { value: '10000', label: '10,000' },
  { value: '100000', label: '100,000' },
];

const timeChoices: readonly Choice<TimeLimit>[] = [
  { value: '5', label: '5 s' },
  { value: '10', label: '10 s' },
  { value: '30', label: '30 s' },
  { value: '60', label: '1 min' },
  { value: '600', label: '10 min' },
];

export function Toolbar(props: ToolbarProps): ReactNode {
  const { target, targets, onTarget, mode, onMode, rows, onRows, time, onTime } = props;
  const mayWrite = useSelf().may('writer');
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
      <Buttons {...props} />
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2 lg:ml-auto">
        <SelectField
          label="Target"
          value={target}
          choices={targets}
          onChoose={onTarget}
          className="max-w-56"
        />
        <Segments
          label="Mode"
          value={mode}
          choices={[
            { value: 'read', label: 'Read-only' },
            { value: 'write', label: 'Write', isDisabled: !mayWrite },
          ]}
          onChoose={onMode}
        />
        <SelectField label="Rows" value={rows} choices={rowChoices} onChoose={onRows} />
        <SelectField label="Time" value={time} choices={timeChoices} onChoose={onTime} />
      </div>
    </div>
  );
}

const icon = 'size-4 shrink-0';

function Buttons({ isRunning, watchHref, target, actions }: ToolbarProps): ReactNode {
  return (
    <div className="flex flex-wrap items-center gap-1.5">
      {isRunning ? (
        <Button look="danger" onClick={actions.cancel} title="Esc">
          <Ban aria-hidden="true" className={icon} />
          Cancel
        </Button>
      ) : (
        <Button look="primary" onClick={actions.run} title="Ctrl Enter">
          <Play aria-hidden="true" className={icon} />
          {target === 'all' ? 'Compare' : 'Run'}
        </Button>
      )}
      <Button onClick={actions.explain} disabled={isRunning} title="Ctrl E">
        <ListTree aria-hidden="true" className={icon} />
        Explain
      </Button>
      {watchHref === undefined ? (
        <Button disabled title="A SELECT can be watched as a live query.">
          <Activity aria-hidden="true" className={icon} />
          Watch
        </Button>
      ) : (
        <PageLink href={watchHref} className={buttonClasses()} title="Follow it as a live query">
          <Activity aria-hidden="true" className={icon} />
          Watch
        </PageLink>
      )}
      <IconButton label="Save the query" onClick={actions.save}>
        <Save aria-hidden="true" className={icon} />
      </IconButton>
      <IconButton label="Share the query" onClick={actions.share}>
        <Share2 aria-hidden="true" className={icon} />
      </IconButton>
      <ExportChoice onExport={actions.exportAs} />
      <IconButton label="History and saved queries" onClick={actions.library}>
        <Clock aria-hidden="true" className={icon} />
      </IconButton>
    </div>
  );
}

function ExportChoice({ onExport }: { readonly onExport: ToolbarActions['exportAs'] }): ReactNode {
  const details = useRef<HTMLDetailsElement>(null);
  const close = () => {
    if (details.current !== null) details.current.open = false;
  };
  return (
    <details
      ref={details}
      className="relative"
      onKeyDown={(event) => {
        if (event.key === 'Escape') close();
      }}
      onBlur={(event) => {
        // Browsers that don't focus buttons tell of no target.
        const { currentTarget, relatedTarget } = event;
        if (relatedTarget !== null && !currentTarget.contains(relatedTarget)) close();
      }}
    >
      <summary className={buttonClasses('quiet', 'list-none px-2')}>
        <Download aria-hidden="true" className={icon} />
        Export
      </summary>
      <div className="absolute top-9 left-0 z-20 flex w-56 flex-col rounded-md border border-line bg-raised p-1 shadow-raised">
        <p className="px-2 py-1 text-xs text-ink-3">
          All rows of the statement, as a file from the node that answers.
        </p>
        {exportFormats.map((format) => (
          <button
            key={format}
            type="button"
            onClick={() => {
              close();
              onExport(format);
            }}
            className="h-8 rounded px-2 text-left text-sm hover:bg-hover"
          >
            {format.toUpperCase()}
          </button>
        ))}
      </div>
    </details>
  );
}
