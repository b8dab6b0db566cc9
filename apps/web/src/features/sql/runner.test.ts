// Running steps against a node that is made up: what each statement is told to have come to.

import { describe, expect, it } from 'vitest';
import { splitStatements } from '../../sql-text/statements.ts';
import { planRun } from './run-plan.ts';
import { explainAll, type Outcome, runSteps, type SqlCalls } from './runner.ts';

const rows = { columns: ['a'], rows: [[1]], truncated: false, time_ms: 1, bytes: 3 };
const written = {
  results: [
    { rows_affected: 2, time: 0.001 },
    { rows_affected: 3, time: 0.001 },
  ],
  ...{ time: 0.002, version: 7, actor_id: 'a'.repeat(32) },
};

function callsWith(changes: Partial<SqlCalls>): SqlCalls {
  return {
    query: () => Promise.resolve(rows),
    explain: () => Promise.resolve([]),
    execute: () => Promise.resolve(written),
    faultOf: (error) => ({ code: 'X', text: String(error), isForbidden: false }),
    nowMs: () => 0,
    isCanceled: () => false,
    ...changes,
  };
}

async function run(text: string, changes: Partial<SqlCalls>) {
  const plan = planRun(splitStatements(text), 'write', {});
  if (!plan.ok) throw new Error(plan.refusal.text);
  const outcomes: Outcome['kind'][] = plan.statements.map(() => 'waiting');
  let version: number | null = null;
  const report = {
    outcome: (index: number, { kind }: Outcome) => {
      outcomes[index] = kind;
    },
    written: (write: { readonly version: number | null }) => {
      version = write.version;
    },
  };
  await runSteps(plan.statements, plan.steps, callsWith(changes), report);
  return { outcomes, version, plan, report };
}

describe('running', () => {
  it('reads before and after one transaction', async () => {
    const sent: number[] = [];
    const text = 'SELECT 1; INSERT INTO a VALUES (1); DELETE FROM a WHERE b; SELECT 2';
    const { outcomes, version } = await run(text, {
      execute: (statements) => {
        sent.push(statements.length);
        return Promise.resolve(written);
      },
    });
    expect(outcomes).toEqual(['rows', 'written', 'written', 'rows']);
    expect(version).toBe(7);
    expect(sent).toEqual([2]);
  });

  it('stops at the first failure, and a transaction fails as a whole', async () => {
    const text = 'INSERT INTO a VALUES (1); INSERT INTO a VALUES (2); SELECT 1';
    const { outcomes, version } = await run(text, {
      execute: () => Promise.reject(new Error('no')),
    });
    expect(outcomes).toEqual(['failed', 'failed', 'skipped']);
    expect(version).toBeNull();
  });

  it('tells what was canceled from what failed, and begins nothing after that', async () => {
    let isCanceled = false;
    let asked = 0;
    const { outcomes } = await run('SELECT 1; SELECT 2; SELECT 3', {
      isCanceled: () => isCanceled,
      query: () => {
        asked++;
        if (asked === 1) return Promise.resolve(rows);
        isCanceled = true;
        return Promise.reject(new Error('stopped'));
      },
    });
    expect(outcomes).toEqual(['rows', 'canceled', 'skipped']);
    expect(asked).toBe(2);
  });

  it('explains all that it can', async () => {
    let asked = 0;
    const { outcomes, plan, report } = await run('SELECT 1; SELECT 2', {});
    const explain = () => (++asked === 1 ? Promise.reject(new Error('no')) : Promise.resolve([]));
    await explainAll(plan.statements, callsWith({ explain }), report);
    expect(outcomes).toEqual(['failed', 'plan']);
  });
});
