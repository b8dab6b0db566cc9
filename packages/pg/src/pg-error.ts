// Errors as the PostgreSQL protocol tells them: an SQLSTATE, a sentence, and the fields that clients
// show beside it. Errors of the rest of Patina become such errors here, by the one table of codes.

import { asPatinaError, errorKind, type SqlFault } from '@patina/engine/base/errors.ts';

/** Fields of an ErrorResponse beside severity, SQLSTATE and message. */
export interface PgErrorFields {
  readonly detail?: string | undefined;
  readonly hint?: string | undefined;
  /** Where in the query text, counted in characters from 1. */
  readonly position?: number | undefined;
  /** What the server was doing, as CONTEXT: a line of COPY. */
  readonly where?: string | undefined;
  readonly schema?: string | undefined;
  readonly table?: string | undefined;
  readonly column?: string | undefined;
  readonly dataType?: string | undefined;
  readonly constraint?: string | undefined;
  readonly cause?: unknown;
}

/** An error with the SQLSTATE that PostgreSQL would give it. */
export class PgError extends Error {
  override readonly name = 'PgError';
  /** Five characters; see PostgreSQL's manual, appendix A. */
  readonly sqlState: string;
  readonly fields: PgErrorFields;

  constructor(sqlState: string, message: string, fields: PgErrorFields = {}) {
    super(message, fields.cause === undefined ? undefined : { cause: fields.cause });
    this.sqlState = sqlState;
    this.fields = fields;
  }
}

/** Any error as a {@link PgError}; what is not known becomes XX000 with its cause. */
export function asPgError(error: unknown): PgError {
  if (error instanceof PgError) return error;
  const patina = asPatinaError(error);
  const { sqlState, ...fields } = patina.fault;
  const message = constraintMessage(patina.fault) ?? patina.message;
  return new PgError(sqlState ?? errorKind(patina.code).sqlState, message, {
    ...fields,
    ...(message === patina.message ? {} : { schema: 'public' }),
    hint: patina.hint,
    cause: patina,
  });
}

/** PostgreSQL's sentence for a constraint that a row broke, which programs match; undefined for other faults. */
function constraintMessage({ sqlState, table, column, constraint }: SqlFault): string | undefined {
  if (sqlState === '23505' && constraint !== undefined) {
    return `duplicate key value violates unique constraint "${constraint}"`;
  }
  if (sqlState === '23502' && column !== undefined) {
    return `null value in column "${column}" of relation "${table ?? ''}" violates not-null constraint`;
  }
  if (sqlState === '23514' && constraint !== undefined) {
    const relation = table === undefined ? 'new row' : `new row for relation "${table}"`;
    return `${relation} violates check constraint "${constraint}"`;
  }
  return undefined;
}
