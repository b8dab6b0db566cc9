// What to do with a cluster that has no tables, no rows or one node only: three steps with commands to copy,
// checked off as they are done. It goes when all are.

'use client';

import { Circle, CircleCheck } from 'lucide-react';
import type { ReactNode } from 'react';
import type { Api } from '../../connection/node-connection.ts';
import type { ClusterMember } from '../../connection/shapes.ts';
import { useAnswer } from '../../connection/use-answer.ts';
import { useSelf } from '../../connection/use-self.ts';
import { CopyButton } from '../../ui/copy-button.tsx';
import { Panel } from '../../ui/panel.tsx';

/** Looked at again this often until all is done, milliseconds. */
const againMs = 3_000;

/** Tables that are looked into for a first row. */
const tablesMax = 20;

const tablesPageMax = 200;

interface Begun {
  readonly hasTable: boolean;
  readonly hasRow: boolean;
}

async function askBegun(api: Api, signal: AbortSignal): Promise<Begun> {
  const { items } = await api.schema.tables.query({ limit: tablesPageMax }, { signal });
  const names = items
    .filter((table) => table.kind === 'table' && table.is_replicated)
    .map((table) => `EXISTS (SELECT 1 FROM "${table.name.replaceAll('"', '""')}")`);
  if (names.length === 0) return { hasTable: false, hasRow: false };
  const statement = `SELECT ${names.slice(0, tablesMax).join(' OR ')}`;
  const { rows } = await api.sql.query.query({ statement }, { signal });
  return { hasTable: true, hasRow: rows[0]?.[0] === 1 };
}

export function FirstSteps({ members }: { readonly members: readonly ClusterMember[] }): ReactNode {
  const mayRead = useSelf().may('reader');
  const first = useAnswer(['overview.begun'], askBegun, { isEnabled: mayRead });
  const isTwo = members.filter(({ state }) => state !== 'left').length > 1;
  const begun = first.reading.kind === 'here' ? first.reading.data : undefined;
  const isDone = begun?.hasRow === true && isTwo;
  // The same answer, asked for again while something is left to do.
  useAnswer(['overview.begun'], askBegun, {
    isEnabled: mayRead && begun !== undefined && !isDone,
    everyMs: againMs,
  });
  if (begun === undefined || isDone) return null;
  const steps: readonly Step[] = [
    {
      isDone: begun.hasTable,
      title: 'Make a table',
      about: 'Put it into a file of the folder that db.schema_paths names, then have it applied.',
      command: `echo "CREATE TABLE notes (id TEXT NOT NULL PRIMARY KEY, body TEXT NOT NULL DEFAULT '');" > schema/notes.sql\nnpx patina schema apply`,
    },
    {
      isDone: isTwo,
      title: 'Let a second node join',
      about:
        'Give it a certificate of this cluster, and this node’s gossip address as gossip.bootstrap.',
      command: `npx patina tls node generate 10.0.0.8 --out node2\nnpx patina agent -c node2.toml`,
    },
    {
      isDone: begun.hasRow,
      title: 'Write a row',
      about: 'At any node. It appears at all others within moments.',
      command: `npx patina exec "INSERT INTO notes (id, body) VALUES ('1', 'hello')"`,
    },
  ];
  return (
    <Panel title="First steps" about={`${steps.filter((step) => step.isDone).length} of 3 done`}>
      <ol className="grid gap-4 lg:grid-cols-3">
        {steps.map((step) => (
          <StepItem key={step.title} step={step} />
        ))}
      </ol>
    </Panel>
  );
}

interface Step {
  readonly isDone: boolean;
  readonly title: string;
  readonly about: string;
  readonly command: string;
}

function StepItem({ step }: { readonly step: Step }): ReactNode {
  const Icon = step.isDone ? CircleCheck : Circle;
  return (
    <li className="flex min-w-0 flex-col gap-1">
      <h3 className="flex items-center gap-2 text-sm font-medium">
        <Icon
          aria-hidden="true"
          className={step.isDone ? 'size-4 text-good' : 'size-4 text-ink-3'}
        />
        {step.title}
        {step.isDone ? <span className="text-xs font-normal text-good">done</span> : null}
      </h3>
      <p className="text-sm text-ink-2">{step.about}</p>
      <div className="mt-auto flex items-start gap-1 rounded-md bg-sunken p-2">
        <pre className="min-w-0 flex-1 text-xs break-words whitespace-pre-wrap">{step.command}</pre>
        <CopyButton text={step.command} label={`Copy the commands: ${step.title}`} />
      </div>
    </li>
  );
}
