// The SQL editor as a part of a page. It is heavy: pages load it by `lazy-sql-editor.tsx`.

'use client';

import { type ReactNode, useEffect, useRef } from 'react';
import type { EditorSchema } from './completion.ts';
import {
  createEditor,
  type EditorCommands,
  type EditorHandle,
  type SqlEditorView,
} from './editor-view.ts';

export interface SqlEditorProps {
  /** Which document is shown; its text is only taken when another one is opened. */
  readonly documentKey: string;
  readonly text: string;
  readonly schema: EditorSchema;
  readonly commands: EditorCommands;
  readonly onReady: (handle: EditorHandle | null) => void;
}

export default function SqlEditor(props: SqlEditorProps): ReactNode {
  const { documentKey, onReady } = props;
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<SqlEditorView>(null);
  // The editor outlives what it was made with: it asks for the newest.
  const newest = useRef(props);
  useEffect(() => {
    newest.current = props;
  });
  useEffect(() => {
    if (host.current === null) return;
    const made = createEditor(host.current, {
      commands: () => newest.current.commands,
      schema: () => newest.current.schema,
    });
    view.current = made;
    onReady(made);
    return () => {
      onReady(null);
      view.current = null;
      made.destroy();
    };
  }, [onReady]);
  // Only another document takes the text from the page: its own comes back later than it is typed.
  useEffect(() => view.current?.open(documentKey, newest.current.text), [documentKey]);
  return <div ref={host} className="h-full min-h-0 overflow-hidden" />;
}
