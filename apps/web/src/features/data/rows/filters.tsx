// The filters of a table: one line for each.

import { Plus, X } from 'lucide-react';
import type { ReactNode } from 'react';
import { Button, IconButton } from '../../../ui/button.tsx';
import { SelectField, TextField } from '../../../ui/fields.tsx';
import { type Filter, operators } from './page-sql.ts';

export const filtersMax = 10;

interface FiltersProps {
  readonly columns: readonly string[];
  readonly filters: readonly Filter[];
  readonly onChange: (filters: readonly Filter[]) => void;
}

export function Filters({ columns, filters, onChange }: FiltersProps): ReactNode {
  const [first = ''] = columns;
  const put = (at: number, changes: Partial<Filter>) =>
    onChange(filters.map((filter, index) => (index === at ? { ...filter, ...changes } : filter)));
  return (
    <div className="flex flex-col gap-2">
      {filters.map((filter, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: filters have no names but their places.
        <div key={at} className="flex flex-wrap items-center gap-2">
          <SelectField
            label={`Column of filter ${at + 1}`}
            isLabelHidden
            value={filter.column}
            choices={columns.map((name) => ({ value: name, label: name }))}
            onChoose={(column) => put(at, { column })}
          />
          <SelectField
            label={`Comparison of filter ${at + 1}`}
            isLabelHidden
            value={filter.operator}
            choices={operators.map((name) => ({ value: name, label: name }))}
            onChoose={(operator) => put(at, { operator })}
          />
          {filter.operator.startsWith('is') ? null : (
            <TextField
              label={`Value of filter ${at + 1}`}
              isLabelHidden
              placeholder="42, 1.5, fra, '42'"
              value={filter.value}
              onChange={({ target }) => put(at, { value: target.value })}
            />
          )}
          <IconButton
            label={`Remove filter ${at + 1}`}
            onClick={() => onChange(filters.filter((_, index) => index !== at))}
          >
            <X aria-hidden="true" className="size-4" />
          </IconButton>
        </div>
      ))}
      <div>
        <Button
          look="quiet"
          disabled={filters.length >= filtersMax || first === ''}
          onClick={() => onChange([...filters, { column: first, operator: '=', value: '' }])}
        >
          <Plus aria-hidden="true" className="size-4" />
          Add a filter
        </Button>
      </div>
    </div>
  );
}
