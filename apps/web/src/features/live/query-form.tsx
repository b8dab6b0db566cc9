// The query to be followed: its text, its parameters, and examples from the schema.

'use client';

import { type FormEvent, type ReactNode, useState } from 'react';
import { useAnswer } from '../../connection/use-answer.ts';
import { Button } from '../../ui/button.tsx';
import { classes } from '../../ui/classes.ts';
import { fieldClasses, TextField } from '../../ui/fields.tsx';
import { examplesOf, readStatement } from './statement.ts';

/** Tables that examples are made for. */
const tablesMax = 3;

interface QueryFormProps {
  readonly sql: string;
  readonly params: string;
  readonly onWatch: (sql: string, params: string) => void;
}

/** Give it a key of what is followed, so that it begins with that. */
export function QueryForm({ sql, params, onWatch }: QueryFormProps): ReactNode {
  const [text, setText] = useState(sql);
  const [values, setValues] = useState(params);
  const [problem, setProblem] = useState<string>();
  const watch = (query: string, bound: string) => {
    const reading = readStatement(query, bound);
    setProblem(reading.kind === 'problem' ? reading.text : undefined);
    if (reading.kind === 'statement') onWatch(query, bound);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    watch(text, values);
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-2">
      <div className="flex flex-col gap-2 md:flex-row md:items-end">
        <label className="flex min-w-0 flex-1 flex-col gap-1 text-sm text-ink-2">
          Query
          <textarea
            value={text}
            rows={2}
            dir="auto"
            spellCheck={false}
            placeholder="SELECT …"
            onChange={({ target }) => setText(target.value)}
            onKeyDown={(event) => {
              if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
              event.preventDefault();
              watch(text, values);
            }}
            className={classes(
              fieldClasses,
              'h-auto min-h-14 resize-y py-1.5 font-mono text-sm text-ink',
            )}
          />
        </label>
        <TextField
          label="Parameters, as JSON"
          value={values}
          spellCheck={false}
          placeholder='["fra", 80]'
          className="font-mono md:w-56"
          onChange={({ target }) => setValues(target.value)}
        />
        <Button type="submit" look="primary">
          Watch
        </Button>
      </div>
      <p role="alert" className="text-sm text-bad empty:hidden">
        {problem}
      </p>
      {sql === '' ? <Examples onChoose={(example) => watch(example, '')} /> : null}
    </form>
  );
}

function Examples({ onChoose }: { readonly onChoose: (sql: string) => void }): ReactNode {
  const { reading } = useAnswer(['live.examples'], (api, signal) =>
    api.schema.tables.query({ limit: 100 }, { signal }),
  );
  if (reading.kind !== 'here') return null;
  const examples = reading.data.items
    .filter((table) => table.kind === 'table' && table.is_replicated)
    .slice(0, tablesMax)
    .flatMap((table) => examplesOf(table));
  if (examples.length === 0) return null;
  return (
    <div className="flex flex-wrap items-center gap-2 text-xs text-ink-2">
      <span>Examples</span>
      {examples.map((example) => (
        <button
          key={example}
          type="button"
          onClick={() => onChoose(example)}
          className="min-h-6 max-w-full truncate rounded border border-line px-2 py-0.5 font-mono hover:bg-hover hover:text-ink"
        >
          {example}
        </button>
      ))}
    </div>
  );
}
