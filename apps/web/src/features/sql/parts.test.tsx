// What parts of the page show for what came of a run: hostile texts as text, failures with their code.

import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import { parametersOfAll } from '../../sql-text/parameters.ts';
import { splitStatements } from '../../sql-text/statements.ts';
import { Messages } from './messages.tsx';
import { ParametersPanel } from './parameters-panel.tsx';
import { ResultPlan } from './result-plan.tsx';
import { planRun } from './run-plan.ts';
import type { Outcome } from './runner.ts';
import type { RunState } from './use-sql-run.ts';

const hostile = `<img src=x onerror=alert(1)>`;

function runOf(text: string, outcome: Outcome, changes: Partial<RunState> = {}): RunState {
  const plan = planRun(splitStatements(text), 'write', {});
  if (!plan.ok) throw new Error(plan.refusal.text);
  return {
    ...{ id: 'r', what: 'run', tab: 't', startedAtMs: 0, tookMs: 1, nodeName: 'here' },
    ...{ rowsMax: 1_000, write: undefined, cancel: 'no' },
    entries: plan.statements.map((statement) => ({ statement, outcome })),
    ...changes,
  };
}

function messages(text: string, run: RunState): string {
  return renderToStaticMarkup(<Messages run={run} text={text} onShow={() => undefined} />);
}

describe('messages', () => {
  it('say what failed, with its code, its hint and its place', () => {
    const text = 'SELECT 1;\nSELECT nope';
    const fault = {
      ...{ code: 'PATINA_SQL_ERROR', text: 'No such column: nope.', hint: 'Look.' },
      isForbidden: false,
    };
    const html = messages(text, runOf(text, { kind: 'failed', fault, ms: 3 }));
    expect(html).toContain('PATINA_SQL_ERROR');
    expect(html).toContain('Look.');
    expect(html).toContain('Go to line 2, column 8');
  });

  it('do not lead to a statement that has changed since', () => {
    const fault = { code: 'X', text: 'No.', isForbidden: false };
    const html = messages('SELECT 2', runOf('SELECT 1', { kind: 'failed', fault, ms: 3 }));
    expect(html).not.toContain('Go to');
  });

  it('tell once that a transaction has failed as a whole', () => {
    const fault = { code: 'PATINA_SQL_CONSTRAINT', text: 'No.', isForbidden: false };
    const text = 'INSERT INTO a VALUES (1); DELETE FROM a WHERE b';
    const html = messages(text, runOf(text, { kind: 'failed', fault, ms: 3 }));
    expect(html.match(/PATINA_SQL_CONSTRAINT/g)).toHaveLength(1);
    expect(html).toContain('Nothing of it is kept.');
  });

  it('show SQL as text', () => {
    const text = `SELECT '${hostile}'`;
    const html = messages(text, runOf(text, { kind: 'skipped' }));
    expect(html).not.toContain('<img');
    expect(html).toContain('&lt;img');
  });

  it('tell whether the node has stopped its work', () => {
    const canceled = (cancel: RunState['cancel']) =>
      messages('SELECT 1', runOf('SELECT 1', { kind: 'canceled', ms: 5 }, { cancel }));
    expect(canceled('confirmed')).toContain('The node has stopped its work.');
    expect(canceled('too-late')).toContain('not called back');
  });
});

describe('the panel of parameters', () => {
  const panel = (sql: string, values = {}) =>
    renderToStaticMarkup(
      <ParametersPanel
        parameters={parametersOfAll(splitStatements(sql))}
        values={values}
        onChange={() => undefined}
      />,
    );

  it('has a field for each name, once for all statements', () => {
    const html = panel('SELECT :a; SELECT :a, :b');
    expect(html.match(/Value of :a/g)).toHaveLength(1);
    expect(html).toContain('Value of :b');
    expect(panel('SELECT 1')).toBe('');
  });

  it('says what is wrong with a value', () => {
    const html = panel('SELECT :a', { ':a': { type: 'number', text: 'x' } });
    expect(html).toContain('A number is expected');
    expect(html).toContain('aria-invalid="true"');
  });
});

describe('a plan', () => {
  it('has a word beside each colour', () => {
    const html = renderToStaticMarkup(
      <ResultPlan nodes={[{ id: 1, detail: `SCAN ${hostile}`, children: [] }]} />,
    );
    expect(html).toContain('>SCAN</span>');
    expect(html).not.toContain('<img');
  });
});
