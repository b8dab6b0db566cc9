// Changing the schema: the whole schema as it shall be is planned first, and applied behind a typed word.

import { type ReactNode, useState } from 'react';
import { useConnection, useConnectionState } from '../../connection/connection-provider.tsx';
import { type Fault, faultOf } from '../../connection/faults.ts';
import type { Answers } from '../../connection/shapes.ts';
import { useSelf } from '../../connection/use-self.ts';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { Checkbox, TextField } from '../../ui/fields.tsx';
import { FaultNotice, Panel } from '../../ui/panel.tsx';

type Plan = Answers['schema']['plan'];

/** What has to be typed before a schema is applied. */
const word = 'apply';

export function PlanPanel(): ReactNode {
  const { api } = useConnection();
  const { origin } = useConnectionState();
  const self = useSelf();
  const [sql, setSql] = useState('');
  const [isDestructive, setIsDestructive] = useState(false);
  const [typed, setTyped] = useState('');
  const [state, setState] = useState<{ plan?: Plan; fault?: Fault; isApplied?: boolean }>({});
  if (!self.may('schema')) return null;
  const input = { sql, allow_destructive: isDestructive };
  const run = (ask: Promise<Plan>, isApplied: boolean) => {
    ask.then(
      (plan) => setState({ plan, isApplied }),
      (error: unknown) => setState({ fault: faultOf(error) }),
    );
    setTyped('');
  };
  const { plan, fault, isApplied = false } = state;
  const canApply = plan !== undefined && !isApplied && plan.problems.length === 0;
  return (
    <Panel
      title="Change the schema"
      about={`At ${origin.replace(/^https?:\/\//, '')}, the node that answers; do the same at the others`}
    >
      <label className="flex flex-col gap-1 text-sm text-ink-2">
        The whole schema as it shall be: CREATE statements, as in a schema file
        <textarea
          value={sql}
          onChange={({ target }) => {
            setSql(target.value);
            setState({});
          }}
          rows={6}
          spellCheck={false}
          className="rounded-md border border-line-strong bg-surface p-2 font-mono text-xs text-ink"
        />
      </label>
      <div className="mt-2 flex flex-wrap items-center gap-3">
        <Button
          disabled={sql.trim() === ''}
          onClick={() => run(api.schema.plan.mutate(input), false)}
        >
          Plan
        </Button>
        <Checkbox
          label="Allow steps that lose data"
          checked={isDestructive}
          onChange={({ target }) => {
            setIsDestructive(target.checked);
            setState({});
          }}
        />
      </div>
      {fault === undefined ? null : <FaultNotice fault={fault} />}
      {plan === undefined ? null : <PlanSteps plan={plan} isApplied={isApplied} />}
      {canApply && plan.steps.length > 0 ? (
        <form
          className="mt-3 flex flex-wrap items-end gap-2"
          onSubmit={(event) => {
            event.preventDefault();
            run(api.schema.applySchema.mutate(input), true);
          }}
        >
          <TextField
            label={`Type “${word}” to run these steps`}
            value={typed}
            onChange={({ target }) => setTyped(target.value)}
          />
          <Button type="submit" look="danger" disabled={typed !== word}>
            Apply
          </Button>
        </form>
      ) : null}
    </Panel>
  );
}

function PlanSteps({
  plan: { steps, problems },
  isApplied,
}: {
  readonly plan: Plan;
  readonly isApplied: boolean;
}): ReactNode {
  return (
    <div className="mt-3 text-sm" role="status">
      {problems.map(({ code, message, hint }) => (
        <p key={message} className="mb-1 rounded-md bg-bad-soft p-2">
          {message} <span className="text-ink-2">{hint}</span>{' '}
          <code className="text-xs">{code}</code>
        </p>
      ))}
      {steps.length === 0 && problems.length === 0 ? <p>There is nothing to do.</p> : null}
      {steps.length === 0 ? null : (
        <>
          <p className="mb-1 font-medium">{isApplied ? 'Done:' : 'What would be done:'}</p>
          <ol className="flex list-decimal flex-col gap-1 pl-5">
            {steps.map((step) => (
              <li key={`${step.kind} ${step.name}`}>
                {step.kind} <bdi className="font-mono text-xs">{step.name}</bdi>{' '}
                {step.destructive ? <Badge tone="bad">✕ loses data</Badge> : null}
                {step.sql === null ? null : (
                  <code className="block text-xs break-words text-ink-2">{step.sql}</code>
                )}
              </li>
            ))}
          </ol>
        </>
      )}
    </div>
  );
}
