// The rows of tables: choose one, filter, page through it, see who wrote what.

'use client';

import { useQueryState } from 'nuqs';
import type { ReactNode } from 'react';
import { useAnswer } from '../../connection/use-answer.ts';
import { SelectField } from '../../ui/fields.tsx';
import { Page } from '../../ui/page.tsx';
import { PageLink } from '../../ui/page-link.tsx';
import { EmptyNotice, ReadingBody } from '../../ui/panel.tsx';
import { useStagedTables } from './edits/staged-store.ts';
import { TableRows } from './table-rows.tsx';

const tablesMax = 1_000;
const freshMs = 5_000;

export function DataPage(): ReactNode {
  const [chosen, setChosen] = useQueryState('table', { defaultValue: '' });
  const [, setFilter] = useQueryState('filter');
  const { reading } = useAnswer(
    ['data-tables'],
    (api, signal) => api.schema.tables.query({ limit: tablesMax }, { signal }),
    { freshMs },
  );
  const items = reading.kind === 'here' ? reading.data.items : [];
  const staged = useStagedTables();
  const table = items.find(({ name }) => name === chosen);
  return (
    <Page
      title="Data"
      about="The rows of tables at the node that answers"
      actions={
        <SelectField
          label="Table"
          value={chosen}
          choices={[
            { value: '', label: 'Choose a table' },
            ...items.map(({ name, kind }) => ({
              value: name,
              label: labelOf(name, kind, staged.get(name)?.size ?? 0),
            })),
          ]}
          onChoose={(name) => {
            void setFilter(null);
            void setChosen(name);
          }}
        />
      }
    >
      <ReadingBody
        reading={reading}
        isEmpty={(data) => data.items.length === 0}
        empty={
          <>
            No tables yet.{' '}
            <PageLink href="/schema" className="text-accent underline">
              Declare some
            </PageLink>{' '}
            first.
          </>
        }
      >
        {() => {
          if (table !== undefined) return <TableRows key={table.name} table={table} />;
          return (
            <EmptyNotice>
              {chosen === ''
                ? 'Choose a table to see its rows.'
                : `There is no table called ${chosen} at this node.`}
            </EmptyNotice>
          );
        }}
      </ReadingBody>
    </Page>
  );
}

function labelOf(name: string, kind: 'table' | 'view', staged: number): string {
  if (staged > 0) return `${name} (${staged} staged)`;
  return kind === 'view' ? `${name} (view)` : name;
}
