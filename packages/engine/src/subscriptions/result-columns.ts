// The columns that `*` and `t.*` stand for.

import type { ResultColumn } from 'sqlite3-parser';
import type { CatalogColumn } from './plan.ts';
import type { Source } from './sources.ts';

export interface StarredColumn {
  readonly source: Source;
  readonly column: CatalogColumn;
}

/** The columns behind a star, or a sentence that says why they cannot be listed. */
export function columnNames(
  star: ResultColumn,
  sources: readonly Source[],
): readonly StarredColumn[] | string {
  if (star.type === 'StarResultColumn' && sources.some(({ using }) => using.length > 0)) {
    return 'It has * over tables joined with USING or NATURAL.';
  }
  const alias = star.type === 'TableStarResultColumn' ? star.table.text.toLowerCase() : undefined;
  return sources
    .filter((source) => alias === undefined || source.alias.toLowerCase() === alias)
    .flatMap((source) => source.table.columns.map((column) => ({ source, column })));
}
