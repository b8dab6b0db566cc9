// What is offered at which place.

import { CompletionContext } from '@codemirror/autocomplete';
import { EditorState } from '@codemirror/state';
import { describe, expect, it } from 'vitest';
import { completeSql, type EditorSchema, offersFor } from './completion.ts';

const schema: EditorSchema = {
  tables: [
    {
      name: 'flights',
      kind: 'table',
      columns: [
        { name: 'id', type: 'TEXT', key: 1 },
        { name: 'the gate', type: '', key: 0 },
      ],
    },
    { name: 'airports', kind: 'view', columns: [{ name: 'code', type: 'TEXT', key: 0 }] },
  ],
  functions: ['abs'],
};

const labels = (text: string, owner?: string) =>
  offersFor(schema, text, text.length, owner)
    .filter(({ type }) => type !== 'keyword')
    .map(({ label }) => label);

function complete(text: string, explicit = false) {
  const state = EditorState.create({ doc: text });
  return completeSql(() => schema)(new CompletionContext(state, text.length, explicit));
}

describe('completion', () => {
  it('offers the columns of the tables that the statement names, wherever they are named', () => {
    expect(labels('SELECT 1 FROM airports; SELECT i FROM flights')).toEqual([
      'id',
      'the gate',
      'flights',
      'airports',
      'abs',
    ]);
  });

  it('offers the columns of a short name after its dot, with types and keys', () => {
    expect(labels('SELECT F. FROM flights f', 'F')).toEqual(['id', 'the gate']);
    const [id, gate] = offersFor(schema, 'SELECT x FROM flights', 8, 'flights');
    expect(id?.detail).toBe('TEXT, key · flights');
    expect(gate).toMatchObject({ apply: '"the gate"', detail: 'any · flights' });
  });

  it('offers keywords, but not after a dot', () => {
    const types = (owner?: string) =>
      offersFor(schema, 'SELECT x FROM flights', 8, owner).map(({ type }) => type);
    expect(types()).toContain('keyword');
    expect(types('flights')).not.toContain('keyword');
  });

  it('replaces the word that is typed', () => {
    expect(complete('SELECT * FROM fli')).toMatchObject({ from: 14 });
    expect(complete('SELECT * FROM ')).toBeNull();
    expect(complete('SELECT * FROM ', true)).toMatchObject({ from: 14 });
  });

  it('is silent in strings and comments', () => {
    expect(complete(`SELECT 'fli`, true)).toBeNull();
    expect(complete('SELECT 1 -- fli', true)).toBeNull();
  });
});
