// DECLARE, FETCH, MOVE and CLOSE.

import type { DeclareCursorStmt, FetchStmt } from 'libpg-query';
import { PgError } from '../pg-error.ts';
import type { PlanTools } from './plan-tools.ts';
import type { CursorStatement, FetchDirection, SubscribeSource } from './utility-statement.ts';

/** Bits of DeclareCursorStmt.options (PostgreSQL, parsenodes.h). */
const cursorOption = { binary: 1, scroll: 2, noScroll: 4, hold: 32 } as const;

/** What FETCH ALL counts, on the 32-bit machine that the parser runs on. */
const fetchAll = 2_147_483_647;

export function planDeclare(
  statement: DeclareCursorStmt,
  text: string,
  tools: PlanTools,
): CursorStatement {
  if (statement.query === undefined) throw new PgError('42601', 'DECLARE CURSOR has no query');
  const source = tools.planInner(statement.query, text);
  if (source.kind !== 'query') {
    throw new PgError('0A000', 'DECLARE CURSOR must not contain data-modifying statements');
  }
  return declaredCursor(statement, source);
}

/** The command for a cursor over `source`. */
export function declaredCursor(
  statement: DeclareCursorStmt,
  source: (CursorStatement & { kind: 'declare' })['source'] | SubscribeSource,
): CursorStatement {
  const options = statement.options ?? 0;
  const scroll = (options & cursorOption.scroll) !== 0;
  const noScroll = (options & cursorOption.noScroll) !== 0;
  if (scroll && noScroll) {
    throw new PgError('42P11', 'cannot specify both SCROLL and NO SCROLL');
  }
  return {
    kind: 'declare',
    name: statement.portalname ?? '',
    source,
    isHoldable: (options & cursorOption.hold) !== 0,
    isScrollable: scroll ? true : noScroll ? false : undefined,
    isBinary: (options & cursorOption.binary) !== 0,
  };
}

/** `waitMs`: how long FETCH waits for changes of a live query. */
export function planFetch(statement: FetchStmt, waitMs: number | undefined): CursorStatement {
  return {
    kind: 'fetch',
    name: statement.portalname ?? '',
    direction: fetchDirection(statement),
    isMove: statement.ismove === true,
    waitMs,
  };
}

function fetchDirection(statement: FetchStmt): FetchDirection {
  const howMany = Number(statement.howMany ?? 0);
  switch (statement.direction) {
    case 'FETCH_ABSOLUTE':
      return { kind: 'absolute', row: howMany };
    case 'FETCH_RELATIVE':
      return { kind: 'relative', row: howMany };
    default: {
      // Backward by -3 is forward by 3.
      const isBackward = (statement.direction === 'FETCH_BACKWARD') !== howMany < 0;
      const count = Math.abs(howMany) >= fetchAll ? 'all' : Math.abs(howMany);
      return { kind: isBackward ? 'backward' : 'forward', count };
    }
  }
}
