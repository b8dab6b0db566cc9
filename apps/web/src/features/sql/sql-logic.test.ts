// The logic of the SQL page without its looks: plans of runs, values, tabs, links, history, plans in words.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitStatements } from '../../sql-text/statements.ts';
import { activeTab, changeTabs, firstTabs, keepTabs, readTabs, tabsMax } from './editor-tabs.ts';
import { historyMax, importSaved, search, withEntry, withSaved } from './library.ts';
import {
  bind,
  inputOf,
  paramsText,
  readValue,
  type TypedValues,
  valuesOfParams,
} from './parameter-values.ts';
import { planLines, readDetail } from './plan-reading.ts';
import { chartPoints, faultPlace, jsonText, numericColumns } from './result-data.ts';
import { planRun, runQueriesMax } from './run-plan.ts';
import { sharedQuery, shareText } from './share.ts';

const statements = (text: string) => splitStatements(text);

describe('the plan of a run', () => {
  it('refuses writes in the read-only mode before anything is sent', () => {
    const plan = planRun(statements('SELECT 1; DELETE FROM a WHERE b'), 'read', {});
    expect(plan).toMatchObject({ ok: false, refusal: { at: { from: 10, to: 31 } } });
  });

  it('makes one transaction of all writes, with queries before and after', () => {
    const text = 'SELECT 1; INSERT INTO a VALUES (1); DELETE FROM a; SELECT 2';
    const plan = planRun(statements(text), 'write', {});
    expect(plan.ok && plan.steps).toEqual([
      { kind: 'read', index: 0 },
      { kind: 'transaction', indexes: [1, 2] },
      { kind: 'read', index: 3 },
    ]);
  });

  it('refuses queries between writes, BEGIN and COMMIT, nothing, and too many queries', () => {
    const refused = (text: string) => !planRun(statements(text), 'write', {}).ok;
    expect(refused('INSERT INTO a VALUES (1); SELECT 1; DELETE FROM a')).toBe(true);
    expect(refused('BEGIN; INSERT INTO a VALUES (1); COMMIT')).toBe(true);
    expect(refused(' -- nothing')).toBe(true);
    expect(refused('SELECT 1;'.repeat(runQueriesMax + 1))).toBe(true);
    expect(refused('INSERT INTO a VALUES (1);'.repeat(runQueriesMax + 1))).toBe(false);
  });
});

describe('values of parameters', () => {
  const bound = (sql: string, values: TypedValues) => {
    const [statement] = statements(sql);
    if (statement === undefined) throw new Error('a statement was expected');
    const found = bind(statement, values);
    return found.ok ? inputOf(found.statement) : found.text;
  };

  it('go by name or by position, with their types', () => {
    const number = { type: 'number', text: '9007199254740993' } as const;
    const values: TypedValues = {
      ':a': number,
      ':b': { type: 'null', text: 'ignored' },
      '?1': { type: 'text', text: '1' },
      '?3': { type: 'json', text: '{"blob": "AAE="}' },
    };
    expect(bound('SELECT :a, :b', values)).toEqual([
      'SELECT :a, :b',
      { ':a': 9007199254740993n, ':b': null },
    ]);
    expect(bound('SELECT ?1, ?3', values)).toEqual([
      'SELECT ?1, ?3',
      ['1', null, { blob: 'AAE=' }],
    ]);
    expect(bound('SELECT 1', values)).toBe('SELECT 1');
    expect(bound('SELECT :a, ?', values)).toContain('names');
    expect(bound('SELECT :a', { ':a': { type: 'number', text: 'x' } })).toContain(':a');
  });

  it('are read strictly', () => {
    const read = (type: 'number' | 'json', text: string) => readValue({ type, text });
    expect(read('number', ' -1.5e3 ')).toEqual({ ok: true, value: -1500 });
    expect(read('number', '').ok).toBe(false);
    expect(read('number', '1e999').ok).toBe(false);
    expect(read('json', '{').ok).toBe(false);
  });

  it('come back from JSON as they went', () => {
    const params = { ':a': 1, ':b': 'x', ':c': null, ':d': [1, 2], ':e': 2n ** 60n };
    expect(paramsText({ query: '', params })).toBe(
      '{":a":1,":b":"x",":c":null,":d":[1,2],":e":1152921504606846976}',
    );
    const values = valuesOfParams(params);
    for (const [name, value] of Object.entries(params)) {
      const typed = values[name];
      expect(typed === undefined ? undefined : readValue(typed)).toEqual({ ok: true, value });
    }
    expect(valuesOfParams(['x'])).toEqual({ '?1': { type: 'text', text: 'x' } });
  });
});

describe('tabs', () => {
  const open = (id: string, text: string) => ({ kind: 'open', id, text }) as const;

  it('open in place of an empty one, and stop at their limit', () => {
    let state = changeTabs(firstTabs('a'), open('b', 'SELECT 1'));
    expect(state.tabs.map(({ id }) => id)).toEqual(['b']);
    for (let index = 0; index < 2 * tabsMax; index++) {
      state = changeTabs(state, open(`t${index}`, 'SELECT 2'));
    }
    expect(state.tabs).toHaveLength(tabsMax);
  });

  it('give way to their neighbour, and are never none', () => {
    let state = changeTabs(changeTabs(firstTabs('a'), open('b', '')), open('c', ''));
    state = changeTabs(state, { kind: 'choose', id: 'b' });
    state = changeTabs(state, { kind: 'close', id: 'b', freshId: 'f' });
    expect(state.active).toBe('c');
    state = changeTabs(state, { kind: 'close', id: 'c', freshId: 'f' });
    expect(state.active).toBe('a');
    state = changeTabs(state, { kind: 'close', id: 'a', freshId: 'f' });
    expect(activeTab(state)).toMatchObject({ id: 'f', text: '' });
  });

  it('come back from the storage, and anything else in it is passed over', () => {
    const kept = new Map<string, string>();
    const storage = fakeStorage(kept);
    const state = changeTabs(firstTabs('a'), { kind: 'edit', id: 'a', text: 'SELECT 1' });
    expect(keepTabs(storage, state)).toBe(true);
    expect(readTabs(storage)).toEqual(state);
    for (const key of kept.keys()) kept.set(key, '{"tabs":[]}');
    expect(readTabs(storage)).toBeUndefined();
    expect(readTabs(undefined)).toBeUndefined();
  });
});

describe('links', () => {
  it('hold any query, and nothing else is read as one', () => {
    const query = fc.record({
      name: fc.string({ maxLength: 80 }),
      sql: fc.string({ minLength: 1, unit: 'grapheme' }),
      values: fc.constant({ ':a': { type: 'text' as const, text: '😀' } }),
      target: fc.constantFrom('self', 'all'),
    });
    fc.assert(
      fc.property(query, (asked) => {
        const text = shareText(asked);
        expect(text).toMatch(/^q=[\w-]+$/);
        expect(sharedQuery(`#${text}`)).toEqual(asked);
      }),
      { seed: 5, numRuns: 50 },
    );
    for (const hash of ['', '#', '#q=', '#q=AAAA', '#other', '#q=%']) {
      expect(sharedQuery(hash)).toBeUndefined();
    }
  });
});

describe('history and saved queries', () => {
  const entry = (sql: string, error: string | null = null) => ({
    ...{ at_ms: 1, sql, values: {}, node: 'here', ms: 1, rows: 1, error },
  });
  const saved = (name: string, sql = 'SELECT 1') => ({ name, sql, values: {}, at_ms: 1 });

  it('keep the newest up to their limits', () => {
    let list: ReturnType<typeof withEntry> = [];
    for (let index = 0; index < historyMax + 5; index++) list = withEntry(list, entry(`${index}`));
    expect(list).toHaveLength(historyMax);
    expect(list[0]?.sql).toBe(`${historyMax + 4}`);
  });

  it('are searched by words', () => {
    const list = [entry('SELECT a FROM b'), entry('DELETE', 'no such table: b')];
    expect(search(list, 'TABLE b')).toEqual([list[1]]);
    expect(search(list, ' ')).toEqual(list);
  });

  it('replace the one of the same name, and go through a file', () => {
    const list = withSaved([saved('a'), saved('b')], saved(' a ', 'SELECT 2')) ?? [];
    expect(list.map(({ name, sql }) => [name, sql])).toEqual([
      ['a', 'SELECT 2'],
      ['b', 'SELECT 1'],
    ]);
    expect(importSaved([saved('c')], JSON.stringify(list))?.map(({ name }) => name)).toEqual([
      'a',
      'b',
      'c',
    ]);
    expect(importSaved([], '{"x":1}')).toBeUndefined();
  });
});

describe('plans in words', () => {
  it('mark scans, searches and sorting', () => {
    const nodes = [
      { id: 1, detail: 'SCAN flights', children: [{ id: 2, detail: 'x', children: [] }] },
      { id: 3, detail: 'USE TEMP B-TREE FOR ORDER BY', children: [] },
    ];
    expect(planLines(nodes).map(({ badge, depth }) => [badge, depth])).toEqual([
      ['scan', 0],
      ['other', 1],
      ['sort', 0],
    ]);
    expect(readDetail('SCAN flights').hint).toContain('flights');
    expect(readDetail('SEARCH a USING INDEX b (c=?)')).toEqual({
      badge: 'search',
      hint: undefined,
    });
    expect(readDetail('SEARCH a USING AUTOMATIC COVERING INDEX (c=?)').hint).toBeDefined();
    expect(readDetail('SCAN CONSTANT ROW').hint).toBeUndefined();
  });
});

describe('results', () => {
  const result = {
    columns: ['at', 'n', 'text'],
    rows: [
      ['a', 1, 'x'],
      ['b', null, 'y'],
      ['c', 2n ** 60n, null],
    ],
  };

  it('become points and JSON', () => {
    expect(numericColumns(result)).toEqual([1]);
    expect(chartPoints(result, 0, 1)).toEqual([
      { x: 'a', y: 1 },
      { x: 'b', y: null },
      { x: 'c', y: 2 ** 60 },
    ]);
    expect(chartPoints(result, -1, 1)[0]?.x).toBe(1);
    expect(jsonText(result).text).toContain('"n": 1152921504606846976');
  });

  it('are cut where a view of them would stand still', () => {
    const long = { columns: ['a'], rows: [['x'.repeat(300_000)]] };
    const { text, isCut } = jsonText(long);
    expect(isCut).toBe(true);
    expect(text.length).toBeLessThan(101_000);
    expect(JSON.parse(text)).toHaveLength(1);
  });

  it('say which word is at fault, where that is plain', () => {
    const place = (text: string, sql: string) => faultPlace({ text }, sql);
    expect(place('Near "FORM": syntax error.', 'SELECT 1 FORM a')).toEqual({ from: 9, to: 13 });
    expect(place('No such table: nope.', 'SELECT * FROM nope')).toEqual({ from: 14, to: 18 });
    expect(place('no such table: a', 'SELECT a FROM a')).toBeUndefined();
    expect(place('the disk is full', 'SELECT 1')).toBeUndefined();
  });

  it('go by the place that the node tells, in whole characters', () => {
    const sql = "SELECT '😀', a FROM a";
    expect(faultPlace({ text: '', position: 18 }, sql)).toEqual({ from: 18, to: 19 });
    expect(faultPlace({ text: '', position: 13 }, sql)).toEqual({ from: 13, to: 14 });
    expect(faultPlace({ text: '', position: 99 }, 'SELECT (')).toEqual({ from: 7, to: 8 });
  });
});

function fakeStorage(kept: Map<string, string>): Storage {
  return {
    get length() {
      return kept.size;
    },
    clear: () => kept.clear(),
    getItem: (key) => kept.get(key) ?? null,
    key: (index) => [...kept.keys()][index] ?? null,
    removeItem: (key) => void kept.delete(key),
    setItem: (key, value) => void kept.set(key, value),
  };
}
