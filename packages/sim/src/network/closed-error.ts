// The error of everything that ends with its connection or stream.

import { PatinaError } from '@patina/engine/base/errors.ts';

export function closedError(message: string): PatinaError {
  return new PatinaError('PATINA_STREAM_CLOSED', message);
}
