// The closed set of errors that Patina reports to people and programs. Each code maps to one HTTP
// status and one SQLSTATE here, so that every endpoint answers the same fault the same way.

interface ErrorKind {
  /** HTTP status of the answer. */
  readonly httpStatus: number;
  /** SQLSTATE, five characters, as PostgreSQL would give it. */
  readonly sqlState: string;
  /** Whether the same call may succeed later without being changed. */
  readonly retry: boolean;
}

const kinds = {
  PATINA_BAD_REQUEST: { httpStatus: 400, sqlState: '22023', retry: false },
  PATINA_BODY_INVALID: { httpStatus: 422, sqlState: '22023', retry: false },
  PATINA_METHOD_NOT_ALLOWED: { httpStatus: 405, sqlState: '0A000', retry: false },
  PATINA_MEDIA_TYPE: { httpStatus: 415, sqlState: '0A000', retry: false },
  PATINA_BODY_TOO_LARGE: { httpStatus: 413, sqlState: '54000', retry: false },
  PATINA_SQL_ERROR: { httpStatus: 400, sqlState: '42601', retry: false },
  PATINA_SQL_CONSTRAINT: { httpStatus: 400, sqlState: '23000', retry: false },
  PATINA_TRANSACTION_CONFLICT: { httpStatus: 409, sqlState: '40001', retry: true },
  PATINA_SQL_REFUSED: { httpStatus: 400, sqlState: '42501', retry: false },
  PATINA_SQL_NOT_READONLY: { httpStatus: 400, sqlState: '25006', retry: false },
  PATINA_SQL_TIMEOUT: { httpStatus: 408, sqlState: '57014', retry: true },
  PATINA_RESULT_TOO_LARGE: { httpStatus: 400, sqlState: '54000', retry: false },
  PATINA_SUBSCRIPTION_REFUSED: { httpStatus: 400, sqlState: '0A000', retry: false },
  PATINA_SUBSCRIPTION_LIMIT: { httpStatus: 429, sqlState: '53400', retry: true },
  PATINA_SUBSCRIPTION_FAILED: { httpStatus: 500, sqlState: '58000', retry: true },
  PATINA_CURSOR_INVALID: { httpStatus: 400, sqlState: '22023', retry: false },
  PATINA_CURSOR_TOO_OLD: { httpStatus: 410, sqlState: '22023', retry: false },
  PATINA_UNAUTHORIZED: { httpStatus: 401, sqlState: '28000', retry: false },
  PATINA_FORBIDDEN: { httpStatus: 403, sqlState: '42501', retry: false },
  PATINA_TOO_MANY_REQUESTS: { httpStatus: 429, sqlState: '53300', retry: true },
  PATINA_NOT_FOUND: { httpStatus: 404, sqlState: '42704', retry: false },
  PATINA_OVERLOADED: { httpStatus: 503, sqlState: '53300', retry: true },
  PATINA_WAIT_TIMEOUT: { httpStatus: 504, sqlState: '57014', retry: true },
  PATINA_CLOCK_DRIFT: { httpStatus: 503, sqlState: '55000', retry: true },
  PATINA_NOT_READY: { httpStatus: 503, sqlState: '57P03', retry: true },
  PATINA_SHUTTING_DOWN: { httpStatus: 503, sqlState: '57P01', retry: true },
  PATINA_DISK_FULL: { httpStatus: 507, sqlState: '53100', retry: true },
  PATINA_DB_READ_ONLY: { httpStatus: 503, sqlState: '25006', retry: true },
  PATINA_DB_IN_USE: { httpStatus: 503, sqlState: '55006', retry: true },
  PATINA_DB_NOT_A_DATABASE: { httpStatus: 500, sqlState: '58030', retry: false },
  PATINA_DB_UNUSABLE: { httpStatus: 500, sqlState: '58030', retry: false },
  PATINA_SCHEMA_REFUSED: { httpStatus: 400, sqlState: '0A000', retry: false },
  PATINA_SCHEMA_DESTRUCTIVE: { httpStatus: 400, sqlState: '2BP01', retry: false },
  PATINA_CONFIG_INVALID: { httpStatus: 500, sqlState: 'F0000', retry: false },
  PATINA_ADDRESS_IN_USE: { httpStatus: 500, sqlState: '58000', retry: true },
  PATINA_TLS_INVALID: { httpStatus: 500, sqlState: '58000', retry: false },
  PATINA_PEER_UNREACHABLE: { httpStatus: 503, sqlState: '08006', retry: true },
  PATINA_PEER_REFUSED: { httpStatus: 503, sqlState: '08004', retry: false },
  PATINA_STREAM_CLOSED: { httpStatus: 503, sqlState: '08006', retry: true },
  PATINA_WIRE_MALFORMED: { httpStatus: 400, sqlState: '08P01', retry: false },
  PATINA_ACTOR_CONFLICT: { httpStatus: 503, sqlState: '55000', retry: false },
  PATINA_INTERNAL: { httpStatus: 500, sqlState: 'XX000', retry: false },
} as const satisfies Record<string, ErrorKind>;

const noFault: SqlFault = {};

/** A stable error code. Codes are never renamed: scripts and dashboards match on them. */
export type ErrorCode = keyof typeof kinds;

/** All codes, for documentation and tests. */
export const errorCodes = Object.keys(kinds) as readonly ErrorCode[];

/** Says how an error code is answered over HTTP and the PostgreSQL protocol. */
export function errorKind(code: ErrorCode): ErrorKind {
  return kinds[code];
}

/** What exactly was at fault in SQL, where SQLite tells; the PostgreSQL protocol has fields for it. */
export interface SqlFault {
  /** The SQLSTATE where it is narrower than that of the code: 23505 of a constraint. */
  readonly sqlState?: string;
  readonly detail?: string;
  /** Where in the statement, counted in characters from 1. */
  readonly position?: number;
  readonly table?: string;
  readonly column?: string;
  readonly constraint?: string;
}

/** An error for people and programs: a stable code, a sentence, and what to do next. */
export class PatinaError extends Error {
  override readonly name = 'PatinaError';
  readonly code: ErrorCode;
  /** What the reader can do about it, a sentence; undefined where the message says it all. */
  readonly hint: string | undefined;
  readonly fault: SqlFault;

  constructor(
    code: ErrorCode,
    message: string,
    options?: { hint?: string | undefined; cause?: unknown; fault?: SqlFault | undefined },
  ) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options?.hint;
    this.fault = options?.fault ?? noFault;
  }
}

/** Returns `error` as a {@link PatinaError}; anything else becomes PATINA_INTERNAL with its cause. */
export function asPatinaError(error: unknown): PatinaError {
  if (error instanceof PatinaError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new PatinaError('PATINA_INTERNAL', message, { cause: error });
}
