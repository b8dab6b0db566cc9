// What the parts of the engine share: its two files, and what is known of the schema.

import type { StateStore } from '../state/state-store.ts';
import type { SchemaReading } from './catalog.ts';
import type { ChangeFeed } from './change-feed.ts';
import type { DatabaseReader } from './database-reader.ts';
import type { LiveEngineOptions } from './engine-types.ts';
import type { QueryCompiler } from './query-compiler.ts';
import type { QueryRegistry } from './query-registry.ts';
import type { ResultWriter } from './result-writer.ts';
import type { SnapshotRegistry } from './snapshot-registry.ts';

export interface EngineParts {
  readonly options: LiveEngineOptions;
  readonly reader: DatabaseReader;
  readonly store: StateStore;
  readonly feed: ChangeFeed;
  readonly compiler: QueryCompiler;
  readonly registry: QueryRegistry;
  readonly writer: ResultWriter;
  readonly snapshots: SnapshotRegistry;
  schema: SchemaReading;
}
