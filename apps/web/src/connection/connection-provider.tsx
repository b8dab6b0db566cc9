// Gives the parts of the console their connection, and says how it is.

'use client';

import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import {
  createContext,
  type ReactNode,
  useContext,
  useEffect,
  useState,
  useSyncExternalStore,
} from 'react';
import { type ConnectionState, NodeConnection } from './node-connection.ts';

const ConnectionContext = createContext<NodeConnection | undefined>(undefined);

/** Answers are kept for so long after the last part that shows them has gone, milliseconds. */
const keptMs = 60_000;

/** Opens the connection in the browser; what is inside is shown once there is one. */
export function ConnectionProvider({ children }: { readonly children: ReactNode }): ReactNode {
  const [connection, setConnection] = useState<NodeConnection>();
  const [queries] = useState(createQueries);
  useEffect(() => {
    const made = new NodeConnection({ own: location.origin, storage: storageOf() });
    setConnection(made);
    return () => made.stop();
  }, []);
  if (connection === undefined) return null;
  return (
    <ConnectionContext value={connection}>
      <QueryClientProvider client={queries}>{children}</QueryClientProvider>
    </ConnectionContext>
  );
}

function createQueries(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      // A node on this machine answers whether or not the machine has a network.
      queries: { networkMode: 'always', retry: false, gcTime: keptMs, refetchOnWindowFocus: false },
      mutations: { networkMode: 'always', retry: false },
    },
  });
}

function storageOf(): Storage | undefined {
  try {
    return window.localStorage;
  } catch {
    return undefined;
  }
}

export function useConnection(): NodeConnection {
  const connection = useContext(ConnectionContext);
  if (connection === undefined) throw new Error('there is no connection around this part');
  return connection;
}

/** How the connection is, kept up to date. */
export function useConnectionState(): ConnectionState {
  const { onChange, state } = useConnection();
  return useSyncExternalStore(onChange, state, state);
}

/** For tests, which bring their own connection. */
export const ConnectionContextProvider = ConnectionContext;
