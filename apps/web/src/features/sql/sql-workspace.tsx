// The three panes and the windows of the page SQL.

'use client';

import { type ReactNode, useEffect, useMemo, useState } from 'react';
import type { EditorCommands } from '../../sql-editor/editor-view.ts';
import { LazySqlEditor } from '../../sql-editor/lazy-sql-editor.tsx';
import { parametersOfAll } from '../../sql-text/parameters.ts';
import { isSelect } from '../../sql-text/statement-kind.ts';
import { splitStatements } from '../../sql-text/statements.ts';
import { quotedName } from '../../sql-text/tokens.ts';
import { classes } from '../../ui/classes.ts';
import { Split } from '../../ui/split.tsx';
import { CompareView } from './compare-view.tsx';
import { DestructiveDialog } from './destructive-dialog.tsx';
import { hasRoom } from './editor-tabs.ts';
import { freshId } from './fresh-id.ts';
import { LibraryDialog, type StoredQuery } from './library-dialog.tsx';
import { bind, paramsText, type TypedValues } from './parameter-values.ts';
import { ParametersPanel } from './parameters-panel.tsx';
import { Results } from './results.tsx';
import { SaveDialog, ShareDialog } from './save-and-share.tsx';
import { SchemaTree } from './schema-tree.tsx';
import { editorPanelId, TabStrip, tabElementId } from './tab-strip.tsx';
import { Toolbar } from './toolbar.tsx';
import type { CompareRun } from './use-compare.ts';
import { useKeys } from './use-keys.ts';
import { allNodes, thisNode } from './use-options.ts';
import { useWorkspace, type Workspace } from './use-workspace.ts';

type Window = 'save' | 'share' | 'library';

export function SqlWorkspace(): ReactNode {
  const workspace = useWorkspace();
  const { options, where, tabs, tab, schema, editor } = workspace;
  const [open, setOpen] = useState<Window>();
  const opener = useOpener(workspace);
  useKeys({
    ...workspace,
    save: () => setOpen('save'),
    choose: (place) => {
      const chosen = tabs.state.tabs[place];
      if (chosen !== undefined) tabs.change({ kind: 'choose', id: chosen.id });
    },
  });
  const close = () => setOpen(undefined);
  const { compare, run, refusal } = workspace;
  const show = (offset: number) => editor?.show(offset);
  return (
    <div className="flex flex-col gap-3">
      <Bar workspace={workspace} onWindow={setOpen} />
      <Split
        label="Width of the schema"
        direction="row"
        {...{ initial: 240, min: 140, max: 520, storageKey: 'patina.sql.tree' }}
        className="md:h-[calc(100dvh-13rem)] md:min-h-[34rem]"
        first={
          <SchemaTree
            reading={schema.reading}
            onRefresh={schema.askAgain}
            onInsert={(name) => editor?.insert(/^[a-z_]\w*$/i.test(name) ? name : quotedName(name))}
            onOpen={(table) => opener({ sql: selectAll(table), values: {}, name: table }, false)}
          />
        }
        second={
          <Split
            label="Height of the editor"
            direction="column"
            {...{ initial: 260, min: 120, max: 900, storageKey: 'patina.sql.editor' }}
            className="h-full"
            first={<EditorPane workspace={workspace} onSave={() => setOpen('save')} />}
            second={
              <section
                aria-label="Results"
                className="flex h-[34rem] min-h-0 flex-col rounded-lg border border-line bg-surface p-3 md:h-full"
              >
                <h2 className="sr-only">Results</h2>
                {options.target === allNodes && refusal === undefined ? (
                  <CompareView compare={ofTab(compare, tab.id)} />
                ) : (
                  <Results
                    run={run.run?.tab === tab.id ? run.run : undefined}
                    refusal={refusal}
                    text={tab.text}
                    onShow={show}
                  />
                )}
              </section>
            }
          />
        }
      />
      <LibraryDialog
        isOpen={open === 'library'}
        onClose={close}
        onOpen={(query, isRun) => {
          close();
          opener(query, isRun);
        }}
      />
      <SaveDialog
        isOpen={open === 'save'}
        onClose={close}
        tab={tab}
        onRename={(name) => tabs.change({ kind: 'rename', id: tab.id, name })}
      />
      <ShareDialog isOpen={open === 'share'} onClose={close} tab={tab} target={options.target} />
      <DestructiveDialog
        plan={workspace.pending}
        nodeName={where.nodeName}
        onDecide={workspace.decide}
      />
    </div>
  );
}

/** Results are shown beside the text that they are of. */
function ofTab(compare: CompareRun, tab: string): CompareRun {
  return compare.state?.order.tab === tab ? compare : { ...compare, state: undefined };
}

function selectAll(table: string): string {
  return `SELECT *\nFROM ${quotedName(table)}\nLIMIT 100`;
}

interface BarProps {
  readonly workspace: Workspace;
  readonly onWindow: (window: Window) => void;
}

function Bar({ workspace, onWindow }: BarProps): ReactNode {
  const { options, where, tab, atCursor, isRunning } = workspace;
  const targets = [
    { value: thisNode, label: 'This node' },
    ...where.members.map(({ actor_id: value, address, state }) => ({
      value,
      label: state === 'alive' ? address : `${address} (${state})`,
    })),
    { value: allNodes, label: 'All nodes: compare' },
  ];
  const isListed = targets.some(({ value }) => value === options.target);
  return (
    <Toolbar
      target={options.target}
      targets={isListed ? targets : [...targets, { value: options.target, label: 'unknown node' }]}
      onTarget={(target) => void options.setTarget(target)}
      mode={options.mode}
      onMode={options.setMode}
      rows={options.rows}
      onRows={(rows) => void options.setRows(rows)}
      time={options.time}
      onTime={(time) => void options.setTime(time)}
      isRunning={isRunning}
      watchHref={watchHref(atCursor, tab.values)}
      actions={{
        run: () => workspace.start('chosen'),
        explain: workspace.explain,
        cancel: workspace.cancel,
        save: () => onWindow('save'),
        share: () => onWindow('share'),
        exportAs: workspace.exportAs,
        library: () => onWindow('library'),
      }}
    />
  );
}

/** Of the live query of a SELECT; undefined for anything else. */
function watchHref(statement: Workspace['atCursor'], values: TypedValues): string | undefined {
  if (statement === undefined || !isSelect(statement)) return undefined;
  const bound = bind(statement, values);
  if (!bound.ok) return undefined;
  const params = paramsText(bound.statement);
  const query = new URLSearchParams({
    sql: statement.sql,
    ...(params === undefined ? {} : { params }),
  });
  return `/live?${query}`;
}

interface EditorPaneProps {
  readonly workspace: Workspace;
  readonly onSave: () => void;
}

function EditorPane({ workspace, onSave }: EditorPaneProps): ReactNode {
  const { tabs, tab, options, schema, setEditor, setSelection } = workspace;
  const { change, state } = tabs;
  const isWriting = options.mode === 'write';
  const commands: EditorCommands = {
    onChange: (text) => change({ kind: 'edit', id: tab.id, text }),
    onSelect: setSelection,
    run: () => workspace.start('chosen'),
    runAll: () => workspace.start('all'),
    explain: workspace.explain,
    save: onSave,
    cancel: workspace.cancel,
  };
  const parameters = useMemo(() => parametersOfAll(splitStatements(tab.text)), [tab.text]);
  return (
    <section
      aria-label="Editor"
      className={classes(
        'flex h-80 min-h-0 flex-col overflow-hidden rounded-lg border bg-surface md:h-full',
        isWriting ? 'border-warn ring-2 ring-warn' : 'border-line',
      )}
    >
      <h2 className="sr-only">Editor</h2>
      {isWriting ? (
        <p className="bg-warn-soft px-3 py-1 text-sm text-warn">
          Write mode. All writes of a run are one transaction at{' '}
          <bdi>{workspace.where.nodeName}</bdi>, and spread to all nodes.
        </p>
      ) : null}
      <TabStrip
        state={state}
        isKept={tabs.isKept}
        onChoose={(id) => change({ kind: 'choose', id })}
        onRename={(id, name) => change({ kind: 'rename', id, name })}
        onClose={(id) => change({ kind: 'close', id, freshId: freshId() })}
        onOpen={() => change({ kind: 'open', id: freshId(), text: '' })}
      />
      <div
        id={editorPanelId}
        role="tabpanel"
        aria-labelledby={tabElementId(tab.id)}
        className="min-h-0 flex-1"
      >
        {tabs.isReady ? (
          <LazySqlEditor
            documentKey={tab.id}
            text={tab.text}
            schema={schema.schema}
            commands={commands}
            onReady={setEditor}
          />
        ) : null}
      </div>
      <ParametersPanel
        parameters={parameters}
        values={tab.values}
        onChange={(values) => change({ kind: 'fill', id: tab.id, values })}
      />
    </section>
  );
}

/** Opens a query in a tab, and runs it once it is in the editor, if that is wished. */
function useOpener(workspace: Workspace): (query: StoredQuery, isRun: boolean) => void {
  const { tabs, editor } = workspace;
  const [wanted, setWanted] = useState<string>();
  const { active } = tabs.state;
  // biome-ignore lint/correctness/useExhaustiveDependencies: it waits for the tab only.
  useEffect(() => {
    if (wanted !== active || editor === null) return;
    setWanted(undefined);
    workspace.start('all');
  }, [wanted, active, editor]);
  return (query, isRun) => {
    const { sql: text, values, name } = query;
    const open = tabs.state.tabs.find((tab) => tab.text === text);
    const id = open?.id ?? freshId();
    setWanted(isRun ? id : undefined);
    if (open !== undefined) {
      tabs.change({ kind: 'fill', id, values });
      tabs.change({ kind: 'choose', id });
    } else if (hasRoom(tabs.state)) {
      tabs.change({ kind: 'open', id, text, values, ...(name === undefined ? {} : { name }) });
    } else {
      workspace.refuse({ text: 'All tabs are in use.', hint: 'Close one first.' });
    }
  };
}
