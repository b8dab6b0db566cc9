// Asked before statements run that touch every row or drop something: how many rows each would affect, from a
// trial that is rolled back.

'use client';

import { type ReactNode, useEffect, useState } from 'react';
import { useConnection } from '../../connection/connection-provider.tsx';
import { type Fault, faultOf, faultOfBody } from '../../connection/faults.ts';
import type { Answers } from '../../connection/shapes.ts';
import { plural } from '../../format/numbers.ts';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { FaultNotice } from '../../ui/panel.tsx';
import { inputOf } from './parameter-values.ts';
import type { PlannedStatement } from './run-plan.ts';
import type { ReadyPlan } from './use-workspace.ts';

type DryRun = Answers['sql']['dryRun'];
type DryResult = DryRun['results'][number];

/** Statements listed; the rest is counted. */
const listedMax = 20;
const sqlCharsMax = 200;

interface DestructiveDialogProps {
  readonly plan: ReadyPlan | undefined;
  readonly nodeName: string;
  readonly onDecide: (isWanted: boolean) => void;
}

export function DestructiveDialog({ plan, nodeName, onDecide }: DestructiveDialogProps): ReactNode {
  return (
    <Dialog
      title="Run what can’t be undone?"
      isOpen={plan !== undefined}
      onClose={() => onDecide(false)}
    >
      {plan === undefined ? null : <Question plan={plan} nodeName={nodeName} onDecide={onDecide} />}
    </Dialog>
  );
}

interface QuestionProps extends DestructiveDialogProps {
  readonly plan: ReadyPlan;
}

function Question({ plan, nodeName, onDecide }: QuestionProps): ReactNode {
  const writes = plan.statements.filter(({ nature }) => nature.kind !== 'reads');
  const { dry, fault } = useDryRun(writes);
  const listed = writes.flatMap((statement, place) =>
    statement.nature.kind === 'destructive' ? [{ statement, place }] : [],
  );
  const failed = dry?.results.find((result) => 'error' in result);
  return (
    <div className="flex flex-col gap-3 p-4">
      <ul className="flex flex-col gap-3">
        {listed.slice(0, listedMax).map(({ statement, place }) => (
          <Statement key={place} statement={statement} result={dry?.results[place]} />
        ))}
      </ul>
      {listed.length > listedMax ? (
        <p className="text-sm">{plural(listed.length - listedMax, 'more statement')}.</p>
      ) : null}
      <p role="status" className="text-sm text-ink-2">
        {dry === undefined && fault === undefined
          ? 'A trial that is rolled back counts the rows…'
          : dry === undefined
            ? 'The rows could not be counted.'
            : failed === undefined
              ? 'The rows were counted by a trial. Nothing of it was kept.'
              : 'The trial fails, so all of it would fail. Nothing of it was kept.'}
      </p>
      {fault === undefined ? null : <FaultNotice fault={fault} />}
      <p className="text-sm text-ink-2">
        {writes.length === 1 ? 'It runs' : `All ${writes.length} writes run as one transaction`} at{' '}
        <bdi>{nodeName}</bdi>, and is replicated to all nodes.
      </p>
      <div className="flex gap-2">
        <Button
          look="danger"
          disabled={dry === undefined && fault === undefined}
          onClick={() => onDecide(true)}
        >
          Run it
        </Button>
        <Button onClick={() => onDecide(false)}>Don’t run it</Button>
      </div>
    </div>
  );
}

interface StatementProps {
  readonly statement: PlannedStatement;
  readonly result: DryResult | undefined;
}

function Statement({ statement, result }: StatementProps): ReactNode {
  const { nature, source } = statement;
  return (
    <li className="rounded-md bg-sunken p-3">
      <code className="block text-sm break-words">
        {source.sql.replaceAll(/\s+/g, ' ').slice(0, sqlCharsMax)}
      </code>
      <p className="mt-1 flex flex-wrap items-center gap-2 text-sm text-ink-2">
        {nature.reason}
        {result === undefined ? null : 'error' in result ? (
          <Badge tone="bad">fails</Badge>
        ) : (
          <Badge tone="warn">{plural(result.rows_affected, 'row')}</Badge>
        )}
      </p>
      {result !== undefined && 'error' in result ? (
        <FaultNotice fault={faultOfBody(result, badRequest)} />
      ) : null}
    </li>
  );
}

/** Only stands in where the node gave no sentence. */
const badRequest = 400;

/** A count is given up after this time, milliseconds. */
const dryRunMs = 5_000;

function useDryRun(writes: readonly PlannedStatement[]) {
  const { api } = useConnection();
  const [dry, setDry] = useState<DryRun>();
  const [fault, setFault] = useState<Fault>();
  const [statements] = useState(() => writes.map(({ bound }) => inputOf(bound)));
  useEffect(() => {
    const abort = new AbortController();
    const { signal } = abort;
    api.sql.dryRun
      .mutate({ statements, timeout_ms: dryRunMs }, { signal })
      .then(setDry, (error) => {
        if (!signal.aborted) setFault(faultOf(error));
      });
    return () => abort.abort();
  }, [api, statements]);
  return { dry, fault };
}
