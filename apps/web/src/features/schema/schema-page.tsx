// The schema: tables and views with their columns, indexes and statements; whether all nodes have the same one, and
// the same rows.

'use client';

import { useQueryState } from 'nuqs';
import type { ReactNode } from 'react';
import { useAnswer } from '../../connection/use-answer.ts';
import { Badge } from '../../ui/badge.tsx';
import { classes } from '../../ui/classes.ts';
import { Page } from '../../ui/page.tsx';
import { ReadingPanel } from '../../ui/panel.tsx';
import { HashPanel } from './hash-panel.tsx';
import { PlanPanel } from './plan-panel.tsx';
import { TableDetail } from './table-detail.tsx';

/** Tables listed at once. */
const tablesMax = 1_000;
const everyMs = 5_000;

export function SchemaPage(): ReactNode {
  const [chosen, setChosen] = useQueryState('table', { defaultValue: '' });
  const { reading } = useAnswer(
    ['schema-tables'],
    (api, signal) => api.schema.tables.query({ limit: tablesMax }, { signal }),
    { everyMs },
  );
  return (
    <Page title="Schema" about="What there is, and whether all nodes agree on it">
      <div className="grid gap-4 lg:grid-cols-[18rem_1fr]">
        <div className="flex min-w-0 flex-col gap-4">
          <ReadingPanel
            title="Tables and views"
            reading={reading}
            isEmpty={({ items }) => items.length === 0}
            empty="No tables yet. Declare some in a schema file, or paste statements under “Change the schema”."
          >
            {({ items }) => (
              <ul className="-mx-2 max-h-[60dvh] overflow-y-auto">
                {items.map(({ name, kind, is_replicated: isReplicated, columns }) => (
                  <li key={name}>
                    <button
                      type="button"
                      aria-pressed={name === chosen}
                      onClick={() => void setChosen(name)}
                      className={classes(
                        'flex w-full items-center gap-2 rounded-md px-2 py-1 text-left text-sm',
                        name === chosen ? 'bg-selected font-medium' : 'hover:bg-hover',
                      )}
                    >
                      <bdi className="min-w-0 flex-1 truncate">{name}</bdi>
                      {kind === 'view' ? <Badge>view</Badge> : null}
                      {kind === 'table' && !isReplicated ? <Badge tone="warn">local</Badge> : null}
                      <span className="figures text-xs text-ink-2">{columns.length}</span>
                    </button>
                  </li>
                ))}
              </ul>
            )}
          </ReadingPanel>
          <HashPanel />
        </div>
        <div className="flex min-w-0 flex-col gap-4">
          {chosen === '' ? (
            <p className="rounded-lg border border-line bg-surface p-4 text-sm text-ink-2">
              Choose a table to see its columns, indexes and statement, and to compare its rows over
              all nodes.
            </p>
          ) : (
            <TableDetail key={chosen} name={chosen} />
          )}
          <PlanPanel />
        </div>
      </div>
    </Page>
  );
}
