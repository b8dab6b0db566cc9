// Whether all nodes have the same replicated schema.

import type { ReactNode } from 'react';
import { useAnswer } from '../../connection/use-answer.ts';
import { plural } from '../../format/numbers.ts';
import { Badge } from '../../ui/badge.tsx';
import { ReadingPanel } from '../../ui/panel.tsx';

const everyMs = 5_000;
const shownDigits = 10;

export function HashPanel(): ReactNode {
  const { reading } = useAnswer(
    ['schema-hashes'],
    (api, signal) => api.schema.hashPerNode.query(undefined, { signal }),
    { everyMs },
  );
  return (
    <ReadingPanel title="Nodes" reading={reading}>
      {(nodes) => {
        const hashes = new Set(nodes.flatMap((node) => (node.ok ? [node.answer.hash] : [])));
        const own = nodes.find((node) => node.ok)?.answer.hash;
        return (
          <>
            <p className="mb-2 text-sm">
              {hashes.size > 1 ? (
                <Badge tone="bad">✕ {plural(hashes.size, 'different schema')}</Badge>
              ) : (
                <Badge tone="good">
                  ● the same schema{nodes.every(({ ok }) => ok) ? '' : ' where answered'}
                </Badge>
              )}
            </p>
            <ul className="flex flex-col gap-1 text-sm">
              {nodes.map((node) => (
                <li key={node.actor_id} className="flex flex-wrap items-center gap-x-2">
                  <code className="text-xs">{node.address}</code>
                  {node.ok ? (
                    <code
                      title={node.answer.hash}
                      className={`ml-auto text-xs ${node.answer.hash === own ? 'text-ink-2' : 'text-bad'}`}
                    >
                      {node.answer.hash.slice(0, shownDigits)}
                    </code>
                  ) : (
                    <span className="ml-auto text-xs text-ink-2" title={node.error.error}>
                      doesn’t answer
                    </span>
                  )}
                </li>
              ))}
            </ul>
          </>
        );
      }}
    </ReadingPanel>
  );
}
