// What a statement needs to know of where it is run.

import type { Portal } from './portals.ts';
import type { Flow, SessionCore } from './session-core.ts';

export interface RunContext {
  readonly portal: Portal;
  /** RowDescription, in the simple protocol. */
  readonly heading: Uint8Array | undefined;
  /** Run by EXECUTE, of which PostgreSQL says nothing before it is done. */
  readonly isNested?: boolean;
  /** Rows to send before the portal is suspended; 0 is all. */
  readonly rowsMax: number;
  /** Nothing else belongs to the transaction of this statement. */
  readonly isAlone: boolean;
}

/** Runs the statement of a portal; tells whether all of it is done. */
export type RunStatement = (core: SessionCore, context: RunContext) => Flow<'done' | 'suspended'>;
