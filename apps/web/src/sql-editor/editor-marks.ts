// What the editor marks in the text: the statement that would be run, where there are several, and the word
// that the node found at fault.

import { type EditorState, RangeSetBuilder, StateEffect, StateField } from '@codemirror/state';
import { Decoration, type DecorationSet, EditorView } from '@codemirror/view';
import { splitStatements, statementAt } from '../sql-text/statements.ts';

/** In longer texts the statement is not marked: it would be sought at each key. */
const markedCharsMax = 100_000;

const statementLine = Decoration.line({ class: 'cm-statement' });

export const statementMark = StateField.define<DecorationSet>({
  create: marksOf,
  update: (marks, { docChanged, selection, state }) =>
    docChanged || selection !== undefined ? marksOf(state) : marks,
  provide: (field) => EditorView.decorations.from(field),
});

function marksOf(state: EditorState): DecorationSet {
  if (state.doc.length > markedCharsMax) return Decoration.none;
  const statements = splitStatements(state.doc.toString());
  const statement = statementAt(statements, state.selection.main.head);
  if (statement === undefined || statements.length < 2) return Decoration.none;
  const builder = new RangeSetBuilder<Decoration>();
  const last = state.doc.lineAt(statement.end).number;
  for (let line = state.doc.lineAt(statement.start).number; line <= last; line++) {
    const { from } = state.doc.line(line);
    builder.add(from, from, statementLine);
  }
  return builder.finish();
}

/** Sets or takes away the mark of a fault. */
export const markFault = StateEffect.define<{
  readonly from: number;
  readonly to: number;
} | null>();

const fault = Decoration.mark({ class: 'cm-fault' });

/** It goes with the next change of the text. */
export const faultMark = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update: (marks, transaction) => {
    let next = transaction.docChanged ? Decoration.none : marks;
    for (const effect of transaction.effects) {
      if (!effect.is(markFault)) continue;
      const { value } = effect;
      next = value === null ? Decoration.none : Decoration.set(fault.range(value.from, value.to));
    }
    return next;
  },
  provide: (field) => EditorView.decorations.from(field),
});
