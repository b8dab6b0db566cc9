// @vitest-environment happy-dom
// The editor in a document: texts of several tabs, each with its own history, in a shadow tree without styles
// of its own.

import { afterEach, describe, expect, it } from 'vitest';
import { createEditor, type EditorCommands, type SqlEditorView } from './editor-view.ts';

const made: SqlEditorView[] = [];

afterEach(() => {
  for (const editor of made.splice(0)) editor.destroy();
  document.body.replaceChildren();
});

function editorWith(changes: Partial<EditorCommands> = {}) {
  const host = document.body.appendChild(document.createElement('div'));
  const texts: string[] = [];
  const nothing = () => undefined;
  const commands: EditorCommands = {
    ...{ onChange: (text) => texts.push(text), onSelect: nothing, run: nothing, runAll: nothing },
    ...{ explain: nothing, save: nothing, cancel: () => false, ...changes },
  };
  const editor = createEditor(host, {
    commands: () => commands,
    schema: () => ({ tables: [], functions: [] }),
  });
  made.push(editor);
  return { editor, host, texts };
}

describe('the editor', () => {
  it('shows one document at a time and tells of changes', () => {
    const { editor, texts } = editorWith();
    editor.open('a', 'SELECT 1');
    expect(editor.text()).toBe('SELECT 1');
    expect(texts).toEqual([]);
    editor.replace('SELECT 2');
    expect(texts).toEqual(['SELECT 2']);
    editor.open('b', 'other');
    expect(editor.text()).toBe('other');
  });

  it('comes back to a document where it was left', () => {
    const { editor } = editorWith();
    editor.open('a', 'SELECT 1');
    editor.show(6);
    editor.open('b', '');
    editor.open('a', 'SELECT 1');
    expect(editor.selection()).toMatchObject({ from: 6, to: 6 });
    editor.open('b', '');
    // What was written elsewhere meanwhile is not overwritten by what is kept here.
    editor.open('a', 'SELECT 1, 2');
    expect(editor.text()).toBe('SELECT 1, 2');
  });

  it('takes no text from the page for the document that is open', () => {
    const { editor } = editorWith();
    editor.open('a', 'typed');
    editor.replace('typed further');
    editor.open('a', 'typed');
    expect(editor.text()).toBe('typed further');
  });

  it('is named, reached by keyboard, and puts no styles into the page', () => {
    const { host } = editorWith();
    const content = host.shadowRoot?.querySelector('.cm-content');
    expect(content?.getAttribute('aria-label')).toBe('SQL');
    expect(content?.getAttribute('tabindex')).toBe('0');
    expect(document.querySelector('style')).toBeNull();
  });
});
