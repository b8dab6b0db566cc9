// Rows as CopyData messages.
import type { RunSettings } from '../session/requests.ts';
import type { CopyOptions } from '../utility/utility-statement.ts';
import type { OutputColumn, RowOutputWriter } from './row-output.ts';

export function copyRowWriter(
  _columns: readonly OutputColumn[],
  _options: CopyOptions,
  _settings: RunSettings,
): RowOutputWriter {
  throw new Error('not yet');
}
