// Where statements are run, in which mode and up to which limits, and what is there to be queried.

'use client';

import { parseAsString, parseAsStringLiteral, useQueryState } from 'nuqs';
import { useState } from 'react';
import { useMembers } from '../../connection/cluster-reading.tsx';
import { useConnectionState } from '../../connection/connection-provider.tsx';
import { nodeIdOf } from '../../connection/node-id.ts';
import { useAnswer } from '../../connection/use-answer.ts';
import { useSelf } from '../../connection/use-self.ts';
import type { EditorSchema } from '../../sql-editor/completion.ts';
import type { SqlMode } from './run-plan.ts';
import { rowLimits, timeLimits } from './toolbar.tsx';

export const thisNode = 'self';
export const allNodes = 'all';

/** The schema is asked for anew after this time, when the page is opened, milliseconds. */
const schemaFreshMs = 30_000;

/** Where, how and up to which limits statements are run. All but the mode is in the URL. */
export function useOptions() {
  const [asked, setTarget] = useQueryState('target', parseAsString.withDefault(thisNode));
  const target = asked === allNodes || nodeIdOf(asked) !== undefined ? asked : thisNode;
  const [rows, setRows] = useQueryState(
    'rows',
    parseAsStringLiteral(rowLimits).withDefault('1000'),
  );
  const [time, setTime] = useQueryState('time', parseAsStringLiteral(timeLimits).withDefault('10'));
  // A link must not bring anybody into the write mode.
  const [wished, setMode] = useState<SqlMode>('read');
  const mode: SqlMode = useSelf().may('writer') ? wished : 'read';
  return { target, setTarget, rows, setRows, time, setTime, mode, setMode };
}

/** The nodes to choose from, and the one that is chosen. */
export function useTarget(target: string) {
  const members = useMembers();
  const { origin } = useConnectionState();
  const self = members.find((member) => member.is_self);
  const chosen = members.find(({ actor_id: id }) => id === target);
  return {
    members: members.filter(({ state }) => state !== 'left'),
    node: target === thisNode ? undefined : nodeIdOf(target),
    /** Whether the node that is chosen by its name is the one that answers. */
    isSelf: chosen?.is_self === true,
    nodeName: (target === thisNode ? self?.address : chosen?.address) ?? new URL(origin).host,
  };
}

const noSchema: EditorSchema = { tables: [], functions: [] };

export function useSchema() {
  const answer = useAnswer(
    ['sql', 'schema'],
    (api, signal) => api.sql.schema.query({}, { signal }),
    {
      freshMs: schemaFreshMs,
    },
  );
  const schema: EditorSchema = answer.reading.kind === 'here' ? answer.reading.data : noSchema;
  return { ...answer, schema };
}
