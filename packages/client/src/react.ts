// React: live queries, queries and writes of a client as hooks, on the query cache of TanStack Query.

import {
  type QueryClient,
  skipToken,
  type UseMutationResult,
  type UseQueryResult,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import {
  createContext,
  createElement,
  type ReactElement,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useMemo,
} from 'react';
import type { Client, ExecuteResult, QueryOptions, StatementInput } from './client.ts';
import {
  type LiveEntry,
  type LiveStatus,
  pendingEntry,
  SharedLiveQueries,
  type SharedQuery,
} from './react/shared-live-queries.ts';
import type { RowObject, RowParser } from './rows.ts';
import { type Params, statementJson } from './values.ts';

const ClientContext = createContext<Client | undefined>(undefined);

/** Gives its children a client. A QueryClientProvider has to stand around it. */
export function PatinaProvider({
  client,
  children,
}: {
  readonly client: Client;
  readonly children?: ReactNode;
}): ReactElement {
  return createElement(ClientContext.Provider, { value: client }, children);
}

/** The client of the nearest provider. */
export function usePatina(): Client {
  const client = useContext(ClientContext);
  if (client === undefined) throw new Error('a PatinaProvider has to stand around this component');
  return client;
}

export interface UseLiveQueryOptions<Row> {
  /** Checks and types each row; give the same function in each render. */
  readonly parse?: RowParser<Row> | undefined;
  /** false: nothing is opened. */
  readonly enabled?: boolean | undefined;
  /** Rows that are held at most. */
  readonly rowsMax?: number | undefined;
  /** How long rows stay in the cache when nobody shows them. Milliseconds. */
  readonly gcTime?: number | undefined;
}

export interface LiveQueryResult<Row> {
  /** The rows as they are now; the last that were seen while it is not live, none at first. */
  readonly rows: readonly Row[];
  /** Ids that rows keep as long as the subscription lives: for `key`, where there is no better one. */
  readonly rowIds: readonly number[];
  readonly status: LiveStatus;
  /** Why it gave up, or why the connection is being made anew. */
  readonly error: Error | undefined;
  /** Begins anew after it gave up. */
  readonly retry: () => void;
}

const sharedByCache = new WeakMap<QueryClient, SharedLiveQueries>();

function sharedOf(cache: QueryClient): SharedLiveQueries {
  const known = sharedByCache.get(cache);
  if (known !== undefined) return known;
  const shared = new SharedLiveQueries(cache);
  sharedByCache.set(cache, shared);
  return shared;
}

/** The result of a query, kept up to date while the component is mounted. */
export function useLiveQuery<Row = RowObject>(
  sql: string,
  params?: Params,
  options: UseLiveQueryOptions<Row> = {},
): LiveQueryResult<Row> {
  const { parse, enabled = true, rowsMax, gcTime } = options;
  const client = usePatina();
  const cache = useQueryClient();
  const statement = statementJson(sql, params);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the statement stands for sql and params, which are other objects in each render
  const query = useMemo((): SharedQuery => {
    return {
      key: ['patina', 'live', client.id, statement, rowsMax ?? null],
      open: () => client.subscribe(sql, params, { rowsMax }),
    };
  }, [client, statement, rowsMax]);
  useEffect(() => {
    return enabled ? sharedOf(cache).acquire(query) : undefined;
  }, [cache, query, enabled]);
  const { data = pendingEntry } = useQuery<LiveEntry>({
    queryKey: query.key,
    queryFn: skipToken,
    staleTime: Number.POSITIVE_INFINITY,
    // The rows that did not change are the same objects already.
    structuralSharing: false,
    ...(gcTime === undefined ? {} : { gcTime }),
  });
  const retry = useCallback(() => sharedOf(cache).retry(query), [cache, query]);
  const parsed = useParsed(data.rows, parse);
  return useMemo(() => {
    const { rowIds } = data;
    if (parsed.fault !== undefined) {
      return { rows: parsed.rows, rowIds, status: 'error', error: parsed.fault, retry };
    }
    return { rows: parsed.rows, rowIds, status: data.status, error: data.error, retry };
  }, [data, parsed, retry]);
}

interface Parsed<Row> {
  readonly rows: readonly Row[];
  readonly fault: Error | undefined;
}

/** Parses each row once: a row that stays is the same object. */
function useParsed<Row>(
  rows: readonly RowObject[] | undefined,
  parse: RowParser<Row> | undefined,
): Parsed<Row> {
  const parseOnce = useMemo(() => {
    // Without a parser the type of a row is what the program says it is.
    if (parse === undefined) return (row: RowObject) => row as Row;
    const parsedByRow = new WeakMap<RowObject, { readonly row: Row }>();
    return (row: RowObject): Row => {
      const known = parsedByRow.get(row);
      if (known !== undefined) return known.row;
      const made = typeof parse === 'function' ? parse(row) : parse.parse(row);
      parsedByRow.set(row, { row: made });
      return made;
    };
  }, [parse]);
  return useMemo(() => {
    try {
      return { rows: (rows ?? []).map(parseOnce), fault: undefined };
    } catch (cause) {
      const fault = cause instanceof Error ? cause : new Error(String(cause));
      return { rows: [], fault };
    }
  }, [rows, parseOnce]);
}

export interface UseSqlQueryOptions<Row>
  extends Pick<QueryOptions<Row>, 'parse' | 'after' | 'waitMs' | 'timeoutMs'> {
  readonly enabled?: boolean | undefined;
  /** How long an answer counts as fresh. Milliseconds. */
  readonly staleTime?: number | undefined;
}

/** The answer to a query, asked once. */
export function useSqlQuery<Row = RowObject>(
  sql: string,
  params?: Params,
  options: UseSqlQueryOptions<Row> = {},
): UseQueryResult<readonly Row[], Error> {
  const client = usePatina();
  const { enabled = true, staleTime, ...request } = options;
  const { after } = request;
  const version = after === undefined ? null : `${after.actorId}:${after.version}`;
  return useQuery<readonly Row[], Error>({
    queryKey: ['patina', 'query', client.id, statementJson(sql, params), version],
    queryFn: async ({ signal }) => (await client.query(sql, params, { ...request, signal })).rows,
    enabled,
    structuralSharing: false,
    // The client has asked all nodes.
    retry: false,
    // A node on this machine answers whether or not the machine has a network.
    networkMode: 'always',
    ...(staleTime === undefined ? {} : { staleTime }),
  });
}

/** Writes: `mutate(['INSERT …'])` runs statements as one transaction. */
export function useExecute(): UseMutationResult<
  ExecuteResult,
  Error,
  string | readonly StatementInput[]
> {
  const client = usePatina();
  return useMutation({
    mutationFn: (statements: string | readonly StatementInput[]) => client.execute(statements),
    networkMode: 'always',
  });
}
