// The hooks in a page: what they show while a query is opened, lives, breaks and fails, how many
// subscriptions they need for it, and that a server can render them.
// @vitest-environment happy-dom

import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { act, type ReactNode, StrictMode } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { renderToString } from 'react-dom/server';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Client, createClient } from './client.ts';
import { lingerMs } from './react/shared-live-queries.ts';
import { PatinaProvider, useExecute, useLiveQuery, useSqlQuery } from './react.ts';
import { FakeFetch } from './testing/fake-fetch.ts';

let root: Root;
let page: HTMLElement;
let cache: QueryClient;
let client: Client;
let node: FakeFetch;

beforeEach(() => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
  page = document.createElement('main');
  root = createRoot(page);
  cache = new QueryClient();
  node = new FakeFetch();
  client = createClient({
    urls: ['http://node.test'],
    fetch: node.fetch,
    retry: { baseMs: 1, maxMs: 1 },
  });
});

afterEach(async () => {
  await act(() => root.unmount());
  cache.clear();
  client.close();
});

function provided(children: ReactNode): ReactNode {
  return (
    <QueryClientProvider client={cache}>
      <PatinaProvider client={client}>{children}</PatinaProvider>
    </QueryClientProvider>
  );
}

function show(children: ReactNode): Promise<void> {
  return act(async () => root.render(provided(children)));
}

/** Lets what was told arrive in the page. */
async function shows(text: string): Promise<void> {
  await act(async () => {
    await expect.poll(() => page.textContent, { interval: 5 }).toBe(text);
  });
}

interface Note {
  readonly id: number;
  readonly body: string;
}

const notesSql = 'SELECT id, body FROM notes WHERE id < ?';

function Notes({ max = 10, enabled = true }: { max?: number; enabled?: boolean }): ReactNode {
  const { rows, status, error } = useLiveQuery<Note>(notesSql, [max], { enabled });
  const bodies = rows.map(({ body }) => body).join(',');
  return `${status}[${bodies}]${error === undefined ? '' : error.message}`;
}

function Retrying(): ReactNode {
  const { status, retry, rows } = useLiveQuery('SELECT 1');
  return (
    <button type="button" onClick={retry}>
      {`${status} ${rows.length}`}
    </button>
  );
}

let parses = 0;
const parse = (row: { readonly [name: string]: unknown }): string => {
  parses++;
  if (row['body'] === null) throw new Error('no body');
  return `<${String(row['body'])}>`;
};

function Parsed(): ReactNode {
  const { rows, status, error } = useLiveQuery('SELECT 1', [], { parse });
  return `${status} ${rows.join('')}${error?.message ?? ''}`;
}

function Page(): ReactNode {
  const { data, status } = useSqlQuery<{ readonly n: bigint }>('SELECT n', [2n ** 60n]);
  const { mutate, data: written } = useExecute();
  return (
    <button type="button" onClick={() => mutate([['DELETE FROM t WHERE n = ?', [1]]])}>
      {`${status} ${data?.[0]?.n} ${written?.version}`}
    </button>
  );
}

describe('useLiveQuery', () => {
  it('shows rows as they change', async () => {
    await show(<Notes />);
    expect(page.textContent).toBe('pending[]');
    const [live] = node.streams;
    live?.snapshot([
      [1, 'one'],
      [2, 'two'],
    ]);
    await shows('live[one,two]');
    live?.change('insert', [3, 'three']);
    await shows('live[one,two,three]');
  });

  it('says when the connection is being made anew, and keeps the rows', async () => {
    await show(<Notes />);
    const [live] = node.streams;
    live?.snapshot([[1, 'one']]);
    await shows('live[one]');
    live?.cut('it broke');
    await shows('reconnecting[one]the connection failed: it broke');
    await expect.poll(() => node.streams.length).toBe(2);
    node.streams[1]?.snapshot([[1, 'uno']]);
    await shows('live[uno]');
  });

  it('says when it failed, and begins anew when asked to', async () => {
    await show(<Retrying />);
    node.streams[0]?.refuse('no such table');
    await shows('error 0');
    await act(async () => page.querySelector('button')?.click());
    node.streams[1]?.snapshot([[1, 'one']]);
    await shows('live 1');
  });

  it('shares one subscription among components, and opens another for other parameters', async () => {
    await show(
      <StrictMode>
        <Notes />
        <Notes />
        <Notes max={20} />
      </StrictMode>,
    );
    expect(node.streams).toHaveLength(2);
    node.streams[0]?.snapshot([[1, 'a']]);
    node.streams[1]?.snapshot([[1, 'b']]);
    await shows('live[a]live[a]live[b]');
    await show(<Notes max={20} />);
    await shows('live[b]');
    expect(node.streams[1]?.isClosed).toBe(false);
    await expect.poll(() => node.streams[0]?.isClosed, { timeout: lingerMs * 3 }).toBe(true);
  });

  it('ends when nobody shows it, and shows the last rows until it lives again', async () => {
    await show(<Notes />);
    node.streams[0]?.snapshot([[1, 'one']]);
    await shows('live[one]');
    await show('nothing');
    await expect.poll(() => node.streams[0]?.isClosed, { timeout: lingerMs * 3 }).toBe(true);
    await show(<Notes />);
    expect(page.textContent).toBe('reconnecting[one]');
    node.streams[1]?.snapshot([[1, 'eins']]);
    await shows('live[eins]');
  });

  it('opens nothing while it is not enabled, nor on a server', async () => {
    await show(<Notes enabled={false} />);
    expect(page.textContent).toBe('pending[]');
    expect(renderToString(provided(<Notes />))).toBe('pending[]');
    expect(node.streams).toHaveLength(0);
    await show(<Notes />);
    expect(node.streams).toHaveLength(1);
  });

  it('types rows, each once, and tells what the parser throws', async () => {
    await show(<Parsed />);
    const [live] = node.streams;
    live?.snapshot([
      [1, 'a'],
      [2, 'b'],
    ]);
    await shows('live <a><b>');
    live?.change('insert', [3, 'c']);
    await shows('live <a><b><c>');
    expect(parses).toBe(3);
    live?.change('insert', [4, null]);
    await shows('error no body');
  });
});

describe('useSqlQuery and useExecute', () => {
  it('asks once, and writes', async () => {
    node.rows = '{"columns":["n"]}\n{"row":[1,[1152921504606846976]]}\n{"eoq":{"time":0}}\n';
    await show(<Page />);
    await shows(`success ${2n ** 60n} undefined`);
    await act(async () => page.querySelector('button')?.click());
    await shows(`success ${2n ** 60n} 1`);
    expect(node.written).toEqual(['[["DELETE FROM t WHERE n = ?",[1]]]']);
  });

  it('needs a provider', () => {
    expect(() => renderToString(<Notes />)).toThrow('PatinaProvider');
  });
});
