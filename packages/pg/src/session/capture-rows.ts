// Runs a query whose rows are not for the client but for the session itself.

import type { PlannedQuery } from '../sql/planned.ts';
import type { Flow, SessionCore } from './session-core.ts';

/** The rows as DataRow messages, in text format. */
export function* captureRows(core: SessionCore, query: PlannedQuery): Flow<readonly Uint8Array[]> {
  return yield* core.capture(
    core.ask({
      kind: 'run',
      portal: core.portals.newId(),
      statement: query,
      params: [],
      output: { kind: 'rows', formats: query.columns.map(() => 0) },
      rowsMax: 0,
      autocommit: !core.transaction.isAtNode,
      isReadOnly: core.isReadOnly,
      settings: core.settings.forRun(),
    }),
  );
}
