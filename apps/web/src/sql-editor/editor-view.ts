// The editor without React: a CodeMirror in a shadow tree of its own, where its styles are adopted sheets and
// no <style> elements, which a strict policy of the page would refuse.

import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  closeCompletion,
  completionKeymap,
  selectedCompletion,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { SQLite, sql } from '@codemirror/lang-sql';
import { bracketMatching, indentOnInput } from '@codemirror/language';
import { highlightSelectionMatches, search, searchKeymap } from '@codemirror/search';
import { EditorState, type Extension, Prec } from '@codemirror/state';
import {
  type Command,
  drawSelection,
  EditorView,
  highlightSpecialChars,
  type KeyBinding,
  keymap,
  lineNumbers,
  placeholder,
} from '@codemirror/view';
import { completeSql, type EditorSchema } from './completion.ts';
import { editorLook } from './editor-look.ts';
import { faultMark, markFault, statementMark } from './editor-marks.ts';

/** Documents whose cursor and history of changes are kept while others are shown. */
const documentsMax = 20;

/** What the keys of the editor ask for. */
export interface EditorCommands {
  readonly onChange: (text: string) => void;
  /** The cursor or the selection is elsewhere. */
  readonly onSelect: (selection: { readonly from: number; readonly to: number }) => void;
  readonly run: () => void;
  readonly runAll: () => void;
  readonly explain: () => void;
  readonly save: () => void;
  /** False where nothing runs. */
  readonly cancel: () => boolean;
}

export interface EditorHandle {
  readonly text: () => string;
  /** Where the cursor is, or what is selected. */
  readonly selection: () => { readonly from: number; readonly to: number };
  readonly insert: (text: string) => void;
  readonly replace: (text: string) => void;
  /** Underlines what was at fault; nothing where it is undefined. */
  readonly markFault: (from: number | undefined, to?: number) => void;
  readonly show: (offset: number) => void;
  readonly focus: () => void;
}

export interface SqlEditorView extends EditorHandle {
  /** Shows this document; one that was shown before is as it was left. */
  readonly open: (key: string, text: string) => void;
  readonly forget: (key: string) => void;
  readonly destroy: () => void;
}

export interface EditorSetup {
  readonly commands: () => EditorCommands;
  readonly schema: () => EditorSchema;
}

export function createEditor(host: HTMLElement, setup: EditorSetup): SqlEditorView {
  const root = host.shadowRoot ?? host.attachShadow({ mode: 'open' });
  root.replaceChildren();
  const extensions = extensionsOf(setup);
  const stateOf = (doc: string) => EditorState.create({ doc, extensions });
  const view = new EditorView({ state: stateOf(''), root, parent: root });
  const kept = new Map<string, EditorState>();
  let current: string | undefined;
  return {
    ...handleOf(view),
    open: (key, text) => {
      if (current === key) return;
      if (current !== undefined) kept.set(current, view.state);
      for (const old of kept.keys()) if (kept.size > documentsMax) kept.delete(old);
      const former = kept.get(key);
      kept.delete(key);
      current = key;
      view.setState(former?.doc.toString() === text ? former : stateOf(text));
    },
    forget: (key) => void kept.delete(key),
    destroy: () => view.destroy(),
  };
}

function handleOf(view: EditorView): EditorHandle {
  return {
    text: () => view.state.doc.toString(),
    selection: () => view.state.selection.main,
    insert: (text) => {
      view.dispatch(view.state.replaceSelection(text), { scrollIntoView: true });
      view.focus();
    },
    replace: (text) => {
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
    },
    markFault: (from, to) => {
      const { length } = view.state.doc;
      const isIn = from !== undefined && to !== undefined && from < to && to <= length;
      view.dispatch({ effects: markFault.of(isIn ? { from, to } : null) });
    },
    show: (offset) => {
      const anchor = Math.min(offset, view.state.doc.length);
      view.dispatch({ selection: { anchor }, scrollIntoView: true });
      view.focus();
    },
    focus: () => view.focus(),
  };
}

function extensionsOf({ commands, schema }: EditorSetup): Extension {
  const bind = (key: string, run: Command): KeyBinding => ({
    key,
    run,
    preventDefault: true,
  });
  const done = (ask: () => void) => {
    ask();
    return true;
  };
  const ending = (ask: () => void) => (view: EditorView) => {
    closeCompletion(view);
    return done(ask);
  };
  return [
    Prec.highest(
      keymap.of([
        { key: 'Enter', run: passWhole },
        bind(
          'Shift-Mod-Enter',
          ending(() => commands().runAll()),
        ),
        bind(
          'Mod-Enter',
          ending(() => commands().run()),
        ),
        bind(
          'Mod-e',
          ending(() => commands().explain()),
        ),
        bind(
          'Mod-s',
          ending(() => commands().save()),
        ),
      ]),
    ),
    sql({ dialect: SQLite }),
    autocompletion({
      override: [completeSql(schema)],
      icons: false,
      maxRenderedOptions: 60,
    }),
    [history(), drawSelection(), indentOnInput(), bracketMatching(), closeBrackets()],
    [lineNumbers(), highlightSpecialChars(), highlightSelectionMatches(), search({ top: true })],
    [statementMark, faultMark, editorLook, typeOverSelection],
    placeholder('SELECT …'),
    EditorView.contentAttributes.of({ 'aria-label': 'SQL', tabindex: '0' }),
    EditorView.updateListener.of((update) => {
      if (update.docChanged) commands().onChange(update.state.doc.toString());
      if (update.selectionSet || update.docChanged) {
        const { from, to } = update.state.selection.main;
        commands().onSelect({ from, to });
      }
    }),
    // After the windows of the editor, which Escape closes first.
    Prec.high(keymap.of([{ key: 'Escape', run: () => commands().cancel() }])),
    // No key here is Tab, which leaves the editor.
    keymap.of([
      ...closeBracketsKeymap,
      ...completionKeymap,
      ...searchKeymap,
      ...historyKeymap,
      ...defaultKeymap,
    ]),
  ];
}

/** Enter after a word that is whole already begins a line, as it is meant to. */
function passWhole(view: EditorView): boolean {
  const chosen = selectedCompletion(view.state);
  if (chosen === null) return false;
  const { head } = view.state.selection.main;
  const line = view.state.doc.lineAt(head);
  const before = line.text.slice(0, head - line.from).toLowerCase();
  if (before.endsWith(chosen.label.toLowerCase())) closeCompletion(view);
  return false;
}

/**
 * Text that is typed over a selection is put in by the editor: a browser would keep the look of what it
 * replaces with styles in attributes, which a strict policy of the page refuses.
 */
const typeOverSelection = EditorView.domEventHandlers({
  beforeinput: (event, view) => {
    const { from, to, empty } = view.state.selection.main;
    const { data: text, inputType, isComposing } = event;
    if (inputType !== 'insertText' || isComposing || empty || text === null) return false;
    const insert = () =>
      view.state.update(view.state.replaceSelection(text), {
        scrollIntoView: true,
        userEvent: 'input.type',
      });
    const handlers = view.state.facet(EditorView.inputHandler);
    if (!handlers.some((handle) => handle(view, from, to, text, insert))) view.dispatch(insert());
    event.preventDefault();
    return true;
  },
});
