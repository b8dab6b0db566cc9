// Fields for the parameters of the query. Values go to the node as values, so that quotes in them mean nothing.

'use client';

import type { ReactNode } from 'react';
import type { SqlParameter } from '../../sql-text/parameters.ts';
import { SelectField, TextField } from '../../ui/fields.tsx';
import {
  emptyValue,
  readValue,
  type TypedValue,
  type TypedValues,
  type ValueType,
  valueCharsMax,
} from './parameter-values.ts';

/** Fields shown at most. */
const fieldsMax = 60;

const typeChoices: readonly { readonly value: ValueType; readonly label: string }[] = [
  { value: 'text', label: 'text' },
  { value: 'number', label: 'number' },
  { value: 'null', label: 'NULL' },
  { value: 'json', label: 'JSON or blob' },
];

interface ParametersPanelProps {
  readonly parameters: readonly SqlParameter[];
  readonly values: TypedValues;
  readonly onChange: (values: TypedValues) => void;
}

export function ParametersPanel(props: ParametersPanelProps): ReactNode {
  const { parameters, values, onChange } = props;
  if (parameters.length === 0) return null;
  const more = parameters.length - fieldsMax;
  return (
    <fieldset className="max-h-40 shrink-0 overflow-y-auto border-t border-line px-3 py-2">
      <legend className="sr-only">Parameters</legend>
      <div className="flex flex-wrap gap-x-5 gap-y-2">
        {parameters.slice(0, fieldsMax).map(({ name }) => (
          <ParameterField
            key={name}
            name={name}
            value={values[name] ?? emptyValue}
            onChange={(value) => onChange({ ...values, [name]: value })}
          />
        ))}
      </div>
      {more > 0 ? <p className="text-sm text-ink-3">{more} more are sent as empty texts.</p> : null}
    </fieldset>
  );
}

interface ParameterFieldProps {
  readonly name: string;
  readonly value: TypedValue;
  readonly onChange: (value: TypedValue) => void;
}

function ParameterField({ name, value, onChange }: ParameterFieldProps): ReactNode {
  const read = readValue(value);
  const isNull = value.type === 'null';
  return (
    <div className="flex min-w-0 flex-wrap items-center gap-1.5">
      <code className="max-w-40 truncate text-sm text-ink-2" title={name}>
        {name}
      </code>
      <SelectField
        label={`Type of ${name}`}
        isLabelHidden
        value={value.type}
        choices={typeChoices}
        onChoose={(type) => onChange({ ...value, type })}
      />
      <TextField
        label={`Value of ${name}`}
        isLabelHidden
        value={isNull ? '' : value.text}
        disabled={isNull}
        placeholder={isNull ? 'NULL' : value.type === 'json' ? '{"blob": "AAEC"}' : ''}
        maxLength={valueCharsMax}
        dir="auto"
        aria-invalid={!read.ok}
        onChange={({ target }) => onChange({ ...value, text: target.value })}
        className="w-44 disabled:opacity-60"
      />
      {read.ok || value.text === '' ? null : (
        <span className="text-xs text-bad">
          {read.text.replace(/^./, (first) => first.toUpperCase())}
        </span>
      )}
    </div>
  );
}
