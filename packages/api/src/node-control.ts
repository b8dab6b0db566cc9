// What people do to a node as a whole, through the console or the admin socket, and the readings of the cluster
// that all who watch at one node share.

import type {
  BackupAnswer,
  CheckpointAnswer,
  ClusterReading,
  LagReading,
  LogState,
} from './insights/cluster-shapes.ts';

/** Actions at this node. Methods reject with PatinaError. */
export interface NodeActions {
  /** Announces the node anew, after a leave or when others misjudge it. */
  rejoin(): Promise<{ readonly incarnation: number }>;
  /** Says goodbye to the others, and goes on serving. */
  leave(): Promise<void>;
  /** Until it is changed again or the node restarts. */
  setLogLevel(level: LogState['level']): Promise<LogState>;
  /** Brings the write-ahead log into the database file, and empties it where no reader needs it. */
  checkpoint(): Promise<CheckpointAnswer>;
  /** Writes a copy that belongs to no node to an absolute path; overwrites nothing. */
  backup(path: string): Promise<BackupAnswer>;
  /** Begins sync sessions with peers now; resolves with how many. */
  requestSync(): Promise<{ readonly asked: number }>;
}

/**
 * Readings that keep coming, the newest at once: one poll serves all who follow, begins with the first and
 * ends with the last of them. Whoever is slow misses some.
 */
export interface ClusterReadings {
  cluster(signal: AbortSignal | undefined): AsyncGenerator<ClusterReading, void>;
  lag(signal: AbortSignal | undefined): AsyncGenerator<LagReading, void>;
}
