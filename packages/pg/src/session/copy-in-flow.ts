// COPY FROM STDIN: the client sends data until it says that it is done or has failed.

import { PgError } from '../pg-error.ts';
import { commandComplete, copyResponse } from '../protocol/backend.ts';
import type { FrontendMessage } from '../protocol/frontend.ts';
import type { CopyStatement } from '../utility/utility-statement.ts';
import type { Flow, SessionCore } from './session-core.ts';

export function* runCopyIn(
  core: SessionCore,
  statement: Extract<CopyStatement, { kind: 'copy-in' }>,
  protocol: 'simple' | 'extended',
): Flow<void> {
  const { insert, columnNames, options } = statement;
  yield* core.ask({
    kind: 'copy-in',
    insert,
    columnNames,
    options,
    autocommit: !core.transaction.isOpen,
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
      default:
        yield* core.ask({ kind: 'copy-abort' });
        throw endOfCopy(message, protocol);
    }
  }
}

function endOfCopy(message: FrontendMessage, protocol: 'simple' | 'extended'): PgError {
  if (message.kind === 'copy-fail') {
    return new PgError('57014', `COPY from stdin failed: ${message.reason}`);
  }
  if (message.kind === 'terminate') return new PgError('08006', 'the client ended amid COPY');
  const where = protocol === 'simple' ? 'a query' : 'a portal';
  return new PgError(
    '08P01',
    `unexpected message ${message.kind} during COPY from stdin of ${where}`,
  );
}
