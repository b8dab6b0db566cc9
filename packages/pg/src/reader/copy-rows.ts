// Rows as CopyData messages, in the formats of COPY.

import { PgError } from '../pg-error.ts';
import type { RunSettings } from '../session/requests.ts';
import type { CopyOptions } from '../utility/utility-statement.ts';
import type { OutputColumn, RowOutputWriter } from './row-output.ts';

export function copyRowWriter(
  _columns: readonly OutputColumn[],
  _options: CopyOptions,
  _settings: RunSettings,
): RowOutputWriter {
  throw new PgError('0A000', 'COPY TO is not supported by this build');
}
