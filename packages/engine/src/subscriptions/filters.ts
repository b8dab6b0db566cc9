// What a row of one table alone must fulfil to take part in a result, so that most touched rows can be
// told to matter to nobody before any join is looked at. It may fail on a row that the query itself never
// gives to it: whoever asks takes that for a yes.

import { dependsOnTime } from './functions.ts';
import type { Condition } from './joins.ts';
import type { Core } from './keyed.ts';
import { conditionPieces } from './rewrite.ts';
import type { Source } from './sources.ts';

/** The name that the row's table has in filters. */
export const filterAlias = 'r';

/** The filter of a source that no row of the result has empty; undefined when there is none. */
export function filterOf(core: Core, source: Source): (string | number)[] | undefined {
  const pieces = core.shape.conditions
    .filter((condition) => isOfRowAlone(condition, source))
    .map((condition) => conditionPieces(core.text, condition, () => filterAlias, core.sources));
  if (pieces.length === 0) return undefined;
  return pieces.flatMap((part, index) => (index === 0 ? part : [' AND ', ...part]));
}

function isOfRowAlone({ expr, mentions }: Condition, source: Source): boolean {
  if (mentions.hasSubquery || mentions.hasUnknown) return false;
  if (mentions.sources.size !== 1 || !mentions.sources.has(source.index)) return false;
  if (mentions.references.some(({ column }) => column === undefined)) return false;
  return !dependsOnTime(expr);
}
