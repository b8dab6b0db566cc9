// One query at every node at once, and again and again until all answer the same, if the reader wishes: so one
// sees data arrive everywhere.

'use client';

import { useCallback, useEffect, useRef, useState } from 'react';
import { useConnection } from '../../connection/connection-provider.tsx';
import { type Fault, faultOf } from '../../connection/faults.ts';
import type { Api } from '../../connection/node-connection.ts';
import { nodeIdOf } from '../../connection/node-id.ts';
import { type Comparison, compareRows } from './compare.ts';
import { freshId } from './fresh-id.ts';
import { type Bindings, inputOf } from './parameter-values.ts';
import type { QueryResult } from './runner.ts';

/** Asking until all are equal ends after this time, milliseconds. */
export const untilEqualMsMax = 120_000;
/** Between two rounds, milliseconds. */
const roundPauseMs = 250;
/** Of each node's answer: several are held side by side. */
const answerBytesMax = 4 * 1024 * 1024;

export interface AskedNode {
  readonly actorId: string;
  readonly name: string;
}

export interface NodeReply {
  readonly node: AskedNode;
  readonly ms: number;
  readonly result: QueryResult | undefined;
  readonly fault: Fault | undefined;
}

export interface CompareOrder {
  /** The tab whose text it is. */
  readonly tab: string;
  readonly statement: Bindings;
  readonly nodes: readonly AskedNode[];
  /** Proposed for telling rows apart. */
  readonly keyColumns: (columns: readonly string[]) => readonly number[];
  readonly rowsMax: number;
  readonly timeoutMs: number;
}

export interface CompareState {
  readonly order: CompareOrder;
  readonly startedAtMs: number;
  readonly tookMs: number | null;
  readonly rounds: number;
  readonly replies: readonly NodeReply[];
  /** Chosen by the reader; undefined: as proposed. */
  readonly chosenKey: readonly number[] | undefined;
  readonly isUntilEqual: boolean;
  readonly ended: 'equal' | 'answered' | 'limit' | 'canceled' | undefined;
}

export interface CompareRun {
  readonly state: CompareState | undefined;
  readonly isRunning: boolean;
  readonly start: (order: CompareOrder, isUntilEqual: boolean) => void;
  readonly cancel: () => boolean;
  readonly chooseKey: (places: readonly number[]) => void;
}

/** What the replies of a round say together. */
export function comparisonOf({ order, replies, chosenKey }: CompareState): Comparison | undefined {
  const nodes = replies.flatMap(({ node, result }) =>
    result === undefined ? [] : [{ node: node.name, columns: result.columns, rows: result.rows }],
  );
  const columns = nodes[0]?.columns ?? [];
  return compareRows(nodes, chosenKey ?? order.keyColumns(columns));
}

/** @param onDone Told of each comparison that has ended. */
export function useCompare(onDone: (state: CompareState) => void): CompareRun {
  const { api } = useConnection();
  const done = useRef(onDone);
  useEffect(() => {
    done.current = onDone;
  });
  const [state, setState] = useState<CompareState>();
  const newest = useRef<CompareState>(undefined);
  const ongoing = useRef<AbortController>(undefined);
  useEffect(() => () => ongoing.current?.abort(), []);
  const show = useCallback((next: CompareState) => {
    newest.current = next;
    setState(next);
  }, []);
  const change = useCallback(
    (changes: Partial<CompareState>) => {
      if (newest.current !== undefined) show({ ...newest.current, ...changes });
    },
    [show],
  );
  const start = useCallback(
    (order: CompareOrder, isUntilEqual: boolean) => {
      if (ongoing.current !== undefined) return;
      const abort = new AbortController();
      ongoing.current = abort;
      const begun = performance.now();
      show(begunState(order, isUntilEqual, newest.current));
      void rounds(api, order, isUntilEqual, abort.signal, {
        isEqual: () => newest.current !== undefined && isEqualEverywhere(newest.current),
        round: (replies) => change({ replies, rounds: (newest.current?.rounds ?? 0) + 1 }),
        passedMs: () => performance.now() - begun,
      }).then((ended) => {
        ongoing.current = undefined;
        change({ ended, tookMs: performance.now() - begun });
        if (newest.current !== undefined) done.current(newest.current);
      });
    },
    [api, show, change],
  );
  const cancel = useCallback(() => {
    ongoing.current?.abort();
    return ongoing.current !== undefined;
  }, []);
  const chooseKey = useCallback(
    (places: readonly number[]) => change({ chosenKey: places }),
    [change],
  );
  const isRunning = state !== undefined && state.tookMs === null;
  return { state, isRunning, start, cancel, chooseKey };
}

/** The rows stay while the same query is asked again; another one begins with an empty table. */
function begunState(
  order: CompareOrder,
  isUntilEqual: boolean,
  before: CompareState | undefined,
): CompareState {
  const isSame = before?.order.statement.query === order.statement.query;
  return {
    ...{ order, isUntilEqual, startedAtMs: Date.now(), tookMs: null, rounds: 0, ended: undefined },
    replies: isSame ? before.replies : [],
    chosenKey: isSame ? before.chosenKey : undefined,
  };
}

/** A node that doesn't answer may hold anything: it is not equal. */
function isEqualEverywhere(state: CompareState): boolean {
  const isWhole = state.replies.every(({ result }) => result !== undefined);
  return isWhole && state.replies.length > 0 && comparisonOf(state)?.isEqual === true;
}

interface Rounds {
  readonly isEqual: () => boolean;
  readonly round: (replies: readonly NodeReply[]) => void;
  readonly passedMs: () => number;
}

async function rounds(
  api: Api,
  order: CompareOrder,
  isUntilEqual: boolean,
  signal: AbortSignal,
  { isEqual, round, passedMs }: Rounds,
): Promise<'equal' | 'answered' | 'limit' | 'canceled'> {
  for (;;) {
    const replies = await askNodes(api, order, signal);
    if (signal.aborted) return 'canceled';
    round(replies);
    if (isEqual()) return 'equal';
    if (!isUntilEqual) return 'answered';
    if (passedMs() > untilEqualMsMax) return 'limit';
    await new Promise((resolve) => setTimeout(resolve, roundPauseMs));
    if (signal.aborted) return 'canceled';
  }
}

function askNodes(
  api: Api,
  order: CompareOrder,
  signal: AbortSignal,
): Promise<readonly NodeReply[]> {
  return Promise.all(order.nodes.map((node) => askNode(api, order, node, signal)));
}

async function askNode(
  api: Api,
  { statement, rowsMax, timeoutMs }: CompareOrder,
  node: AskedNode,
  signal: AbortSignal,
): Promise<NodeReply> {
  const begun = performance.now();
  const queryId = freshId();
  const id = nodeIdOf(node.actorId);
  // A caller that goes away ends the work only of this node; the query by its id ends wherever it runs.
  const cancel = () => void api.sql.cancel.mutate({ query_id: queryId }).catch(() => undefined);
  signal.addEventListener('abort', cancel, { once: true });
  try {
    const result = await api.sql.query.query({
      ...(id === undefined ? {} : { node: id }),
      ...{ statement: inputOf(statement), query_id: queryId },
      ...{ rows_max: rowsMax, bytes_max: answerBytesMax, timeout_ms: timeoutMs },
    });
    return { node, ms: performance.now() - begun, result, fault: undefined };
  } catch (error) {
    return { node, ms: performance.now() - begun, result: undefined, fault: faultOf(error) };
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}
