// The configuration that is in force at one node. Secrets come masked from the node.

'use client';

import { parseAsString, useQueryState } from 'nuqs';
import type { ReactNode } from 'react';
import { nodeIdOf } from '../../../connection/node-id.ts';
import { useAnswer } from '../../../connection/use-answer.ts';
import { TextField } from '../../../ui/fields.tsx';
import { ReadingPanel } from '../../../ui/panel.tsx';
import { Cell, HeadCell, Row, Table } from '../../../ui/table.tsx';

export function ConfigTab({ actorId }: { readonly actorId: string }): ReactNode {
  const [text, setText] = useQueryState('q', parseAsString.withDefault(''));
  const node = nodeIdOf(actorId);
  const { reading } = useAnswer(['nodes.config', actorId], (api, signal) =>
    api.nodes.config.query({ node }, { signal }),
  );
  const wanted = text.trim().toLowerCase();
  return (
    <ReadingPanel
      title="Configuration"
      about="What is in force; secrets are masked"
      reading={reading}
      isFlush
      skeletonLines={10}
    >
      {(entries) => {
        const shown = entries.filter(({ key }) => key.includes(wanted));
        return (
          <>
            <div className="px-4 pb-2">
              <TextField
                label="Option"
                isLabelHidden
                type="search"
                placeholder="Option"
                value={text}
                onChange={({ target }) => void setText(target.value === '' ? null : target.value)}
                className="w-56"
              />
            </div>
            <Table
              label="Options in force"
              head={
                <>
                  <HeadCell>Option</HeadCell>
                  <HeadCell>Value</HeadCell>
                </>
              }
            >
              {shown.map(({ key, value }) => (
                <Row key={key}>
                  <Cell className="font-mono text-xs whitespace-nowrap">{key}</Cell>
                  <Cell className="font-mono text-xs break-all">
                    {value === null ? (
                      <span className="text-ink-3">not set</span>
                    ) : (
                      <bdi>{value}</bdi>
                    )}
                  </Cell>
                </Row>
              ))}
            </Table>
            {shown.length > 0 ? null : (
              <p className="px-4 py-3 text-sm text-ink-3">No option has that in its name.</p>
            )}
          </>
        );
      }}
    </ReadingPanel>
  );
}
