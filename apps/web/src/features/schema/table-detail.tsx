// One table: its columns, indexes and statement, and its rows compared over all nodes.

import type { ReactNode } from 'react';
import type { Answers } from '../../connection/shapes.ts';
import { useAnswer } from '../../connection/use-answer.ts';
import { formatCount } from '../../format/numbers.ts';
import { formatDuration } from '../../format/times.ts';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { PageLink } from '../../ui/page-link.tsx';
import { EmptyNotice, FaultNotice, Panel, ReadingPanel, Skeleton } from '../../ui/panel.tsx';
import { Cell, HeadCell, Row, Table } from '../../ui/table.tsx';

type Detail = Answers['schema']['table'];

export function TableDetail({ name }: { readonly name: string }): ReactNode {
  const { reading } = useAnswer(['schema-table', name], (api, signal) =>
    api.schema.table.query({ name }, { signal }),
  );
  return (
    <>
      <ReadingPanel
        title={name}
        reading={reading}
        skeletonLines={8}
        actions={
          reading.kind === 'here' ? (
            <PageLink
              href={`/data?table=${encodeURIComponent(name)}`}
              className="text-sm text-accent underline"
            >
              Browse its rows
            </PageLink>
          ) : null
        }
      >
        {(detail) => <Inside detail={detail} />}
      </ReadingPanel>
      {reading.kind === 'here' && reading.data.kind === 'table' ? <Checksums name={name} /> : null}
    </>
  );
}

function Inside({ detail }: { readonly detail: Detail }): ReactNode {
  const { columns, indexes, sql, rows, kind, is_replicated: isReplicated } = detail;
  return (
    <div className="flex flex-col gap-4">
      <p className="text-sm text-ink-2">
        {kind === 'view'
          ? 'A view'
          : isReplicated
            ? 'A replicated table'
            : 'A table of this node only'}
        {rows === null ? '' : `, ${formatCount(rows)} rows at the node that answers`}
      </p>
      <Table
        label={`Columns of ${detail.name}`}
        head={
          <>
            <HeadCell>Column</HeadCell>
            <HeadCell>Type</HeadCell>
            <HeadCell>Key</HeadCell>
            <HeadCell>Null</HeadCell>
            <HeadCell>Default</HeadCell>
          </>
        }
      >
        {columns.map((column) => (
          <Row key={column.name}>
            <Cell>
              <bdi className="font-mono text-xs">{column.name}</bdi>
            </Cell>
            <Cell>
              {column.type}
              {column.is_generated ? <Badge className="ml-2">generated</Badge> : null}
            </Cell>
            <Cell>{column.key === 0 ? '' : `key ${column.key}`}</Cell>
            <Cell>{column.not_null ? 'no' : 'yes'}</Cell>
            <Cell>
              <code className="text-xs">{column.default}</code>
            </Cell>
          </Row>
        ))}
      </Table>
      {indexes.length === 0 ? null : (
        <Table
          label={`Indexes of ${detail.name}`}
          head={
            <>
              <HeadCell>Index</HeadCell>
              <HeadCell>Columns</HeadCell>
              <HeadCell>Unique</HeadCell>
            </>
          }
        >
          {indexes.map((index) => (
            <Row key={index.name}>
              <Cell>
                <bdi className="font-mono text-xs">{index.name}</bdi>
              </Cell>
              <Cell>{index.columns.join(', ')}</Cell>
              <Cell>{index.is_unique ? 'yes' : 'no'}</Cell>
            </Row>
          ))}
        </Table>
      )}
      <div>
        <div className="flex items-center gap-2">
          <h3 className="text-sm font-medium">Statement</h3>
          <CopyButton label="Copy the statement" text={sql} />
        </div>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it must scroll by keyboard. */}
        <pre tabIndex={0} className="max-h-80 overflow-auto rounded-md bg-sunken p-3 text-xs">
          {sql}
        </pre>
      </div>
    </div>
  );
}

function Checksums({ name }: { readonly name: string }): ReactNode {
  const { reading, askAgain, isAsking } = useAnswer(
    ['schema-checksums', name],
    (api, signal) => api.schema.checksums.query({ table: name }, { signal }),
    { isEnabled: false },
  );
  return (
    <Panel
      title="Rows at each node"
      about="Counted, and hashed in the order of the key"
      actions={
        <Button disabled={isAsking} onClick={askAgain}>
          {isAsking ? 'Comparing …' : 'Compare all nodes'}
        </Button>
      }
    >
      {reading.kind === 'failed' || reading.kind === 'forbidden' ? (
        <FaultNotice fault={reading.fault} />
      ) : null}
      {reading.kind === 'loading' && isAsking ? <Skeleton /> : null}
      {reading.kind === 'loading' && !isAsking ? (
        <EmptyNotice>Every node reads the whole table for this.</EmptyNotice>
      ) : null}
      {reading.kind === 'here' ? <ChecksumTable nodes={reading.data} /> : null}
    </Panel>
  );
}

function ChecksumTable({ nodes }: { readonly nodes: Answers['schema']['checksums'] }): ReactNode {
  const sums = new Set(nodes.flatMap((node) => (node.ok ? [node.answer.checksum] : [])));
  const first = nodes.find((node) => node.ok)?.answer.checksum;
  return (
    <>
      <p className="mb-2">
        {sums.size > 1 ? (
          <Badge tone="warn">≠ the contents differ; writes may be on their way</Badge>
        ) : (
          <Badge tone="good">● equal at all nodes that answered</Badge>
        )}
      </p>
      <Table
        label="Checksums by node"
        head={
          <>
            <HeadCell>Node</HeadCell>
            <HeadCell isNumber>Rows</HeadCell>
            <HeadCell>SHA-256</HeadCell>
            <HeadCell isNumber>Took</HeadCell>
          </>
        }
      >
        {nodes.map((node) => (
          <Row key={node.actor_id}>
            <Cell>
              <code className="text-xs">{node.address}</code>
            </Cell>
            {node.ok ? (
              <>
                <Cell isNumber>{formatCount(node.answer.rows)}</Cell>
                <Cell title={node.answer.checksum}>
                  <code className="text-xs">
                    {node.answer.checksum === first ? '' : '≠ '}
                    {node.answer.checksum.slice(0, 16)}
                  </code>
                </Cell>
                <Cell isNumber>{formatDuration(node.answer.time_ms)}</Cell>
              </>
            ) : (
              <Cell className="text-ink-2">{node.error.error}</Cell>
            )}
          </Row>
        ))}
      </Table>
    </>
  );
}
