// Errors on their way between threads and processes, where classes are lost.

import { type ErrorCode, PatinaError, type SqlFault } from '../base/errors.ts';
import { fromSqlite } from './sqlite-errors.ts';

export interface PlainError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string | undefined;
  readonly fault: SqlFault;
}

export function toPlain(error: unknown): PlainError {
  const { code, message, hint, fault } = error instanceof PatinaError ? error : fromSqlite(error);
  return { code, message, hint, fault };
}

/** Makes an error of what crossed the border. */
export function fromPlain({ code, message, hint, fault }: PlainError): PatinaError {
  return new PatinaError(code, message, { hint, fault });
}
