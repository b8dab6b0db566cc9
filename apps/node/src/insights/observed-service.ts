// What the service does, with a watch on what it takes: durations of transactions and queries, slow ones as
// events, and changes of the schema as events too.

import type { PatinaService } from '@patina/api/service.ts';
import type { NodeStorage } from '@patina/engine/storage/threaded-storage.ts';
import type { Recorder } from './recorder.ts';

type Transact = PatinaService['transact'];
type Query = PatinaService['query'];

export function timedTransact(transact: Transact, recorder: Recorder): Transact {
  return async (statements, options) => {
    recorder.counts.writes++;
    const startMs = performance.now();
    try {
      return await transact(statements, options);
    } finally {
      recorder.latencies.transaction.add(performance.now() - startMs);
    }
  };
}

export function timedQuery(query: Query, recorder: Recorder): Query {
  return async (request, sink) => {
    const startMs = performance.now();
    try {
      return await query(request, sink);
    } finally {
      recorder.queryEnded(request.statement.sql, performance.now() - startMs);
    }
  };
}

/** The storage, but that it tells when its schema was changed. */
export function withSchemaEvents(storage: NodeStorage, recorder: Recorder): NodeStorage {
  return {
    ...storage,
    async applySchema(request) {
      const outcome = await storage.applySchema(request);
      for (const { kind, table, name } of outcome.applied) {
        const text = `schema: ${kind} ${name}`;
        recorder.add({
          kind: 'schema-changed',
          text,
          fields: { step: kind, table: table ?? null, name },
        });
      }
      return outcome;
    },
  };
}
