// COPY FROM STDIN: the client sends data until it says that it is done or has failed.

import { PgError } from '../pg-error.ts';
import { commandComplete, copyResponse } from '../protocol/backend.ts';
import type { FrontendMessage } from '../protocol/frontend.ts';
import type { CopyStatement } from '../utility/utility-statement.ts';
import type { Flow, SessionCore } from './session-core.ts';

export function* runCopyIn(
  core: SessionCore,
  statement: Extract<CopyStatement, { kind: 'copy-in' }>,
): Flow<void> {
  const { insert, columnNames, options } = statement;
  if (core.isReadOnly) {
    throw new PgError('25006', 'cannot execute COPY FROM in a read-only transaction');
  }
  yield* core.ask({
    kind: 'copy-in',
    insert,
    columnNames,
    options,
    autocommit: !core.transaction.isAtNode,
    isReadOnly: core.isReadOnly,
    settings: core.settings.forRun(),
  });
  core.send(copyResponse('in', options.format === 'binary', columnNames.length));
  for (;;) {
    const message = yield* core.nextMessage();
    switch (message.kind) {
      case 'copy-data':
        yield* core.ask({ kind: 'copy-data', bytes: message.bytes });
        break;
      case 'copy-done': {
        const { rows } = yield* core.ask({ kind: 'copy-done' });
        core.send(commandComplete(`COPY ${rows}`));
        return;
      }
      case 'flush':
      case 'sync':
        // Clients may not know yet that COPY has begun: PostgreSQL passes over these.
        break;
      case 'invalid':
        yield* core.ask({ kind: 'copy-abort' });
        throw message.error;
      case 'copy-fail':
        yield* core.ask({ kind: 'copy-abort' });
        throw new PgError('57014', `COPY from stdin failed: ${message.reason}`);
      default:
        yield* core.ask({ kind: 'copy-abort' });
        throw new LostClient(message.kind);
    }
  }
}

/** The client is at another place in the conversation than we are, or gone: PostgreSQL ends the session. */
export class LostClient extends PgError {
  constructor(kind: FrontendMessage['kind']) {
    const code = letters[kind]?.charCodeAt(0).toString(16).toUpperCase() ?? '00';
    super('08P01', `unexpected message type 0x${code} during COPY from stdin`);
  }
}

const letters: Readonly<Partial<Record<FrontendMessage['kind'], string>>> = {
  query: 'Q',
  parse: 'P',
  bind: 'B',
  describe: 'D',
  close: 'C',
  execute: 'E',
  terminate: 'X',
  password: 'p',
  'function-call': 'F',
};
