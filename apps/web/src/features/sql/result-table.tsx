// Rows as a plain table, a page of them at a time.

'use client';

import { type ReactNode, useState } from 'react';
import { formatCount } from '../../format/numbers.ts';
import { Button } from '../../ui/button.tsx';
import { classes } from '../../ui/classes.ts';
import { Cell, HeadCell, Row, Table } from '../../ui/table.tsx';
import type { CellValue } from './compare.ts';
import { textOf } from './result-data.ts';

/** Rows and columns that are drawn at first, and that are added at once. */
const rowsStep = 200;
const columnsStep = 60;

export interface TableMark {
  readonly tone: 'differs' | 'missing';
  readonly title?: string;
}

interface ResultTableProps {
  readonly label: string;
  readonly columns: readonly {
    readonly key: string;
    readonly title: string;
    readonly about?: string;
    readonly isNumeric?: boolean;
  }[];
  readonly rowCount: number;
  readonly cell: (row: number, column: number) => CellValue;
  readonly cellMark?: (row: number, column: number) => TableMark | undefined;
}

export function ResultTable(props: ResultTableProps): ReactNode {
  const { label, rowCount } = props;
  const [rowsMax, setRowsMax] = useState(rowsStep);
  const [columnsMax, setColumnsMax] = useState(columnsStep);
  const columns = props.columns.slice(0, columnsMax);
  const shown = Math.min(rowCount, rowsMax);
  return (
    <div className="h-full overflow-y-auto">
      <Table
        label={label}
        head={columns.map(({ key, title, about, isNumeric = false }) => (
          <HeadCell key={key} isNumber={isNumeric}>
            <bdi>{title}</bdi>
            {about === undefined ? null : <span className="pl-2 text-ink-3">{about}</span>}
          </HeadCell>
        ))}
      >
        {Array.from({ length: shown }, (_, row) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: rows of a result have only their places.
          <Row key={row}>
            {columns.map(({ key, isNumeric = false }, column) => (
              <Value key={key} {...props} row={row} column={column} isNumeric={isNumeric} />
            ))}
          </Row>
        ))}
      </Table>
      <div className="sticky left-0 flex flex-wrap gap-2 py-2">
        {rowCount > shown ? (
          <Button onClick={() => setRowsMax(rowsMax + rowsStep)}>
            {formatCount(shown)} of {formatCount(rowCount)} rows are shown. Show more
          </Button>
        ) : null}
        {props.columns.length > columns.length ? (
          <Button onClick={() => setColumnsMax(columnsMax + columnsStep)}>
            {formatCount(columns.length)} of {formatCount(props.columns.length)} columns are shown.
            Show more
          </Button>
        ) : null}
      </div>
    </div>
  );
}

interface ValueProps extends ResultTableProps {
  readonly row: number;
  readonly column: number;
  readonly isNumeric: boolean;
}

function Value({ cell, cellMark, row, column, isNumeric }: ValueProps): ReactNode {
  const value = cell(row, column);
  const mark = cellMark?.(row, column);
  return (
    <Cell
      isNumber={isNumeric}
      className={classes('whitespace-nowrap', mark !== undefined && 'bg-warn-soft text-warn')}
      {...(mark?.title === undefined ? {} : { title: mark.title })}
    >
      {value === null ? (
        <span className="text-ink-3 italic">NULL</span>
      ) : (
        <bdi>{textOf(value)}</bdi>
      )}
    </Cell>
  );
}
