// Aggregates that gather their values into an array.

import { type ArrayItem, arrayJson } from './array-form.ts';
import { itemOfCell } from './array-functions.ts';
import { sqlFault } from './function-error.ts';
import {
  type AggregateFunction,
  aggregate,
  type Cell,
  type SqlFunction,
} from './function-types.ts';
import { arrayOfCell } from './text-array.ts';

function collected(name: string, itemOf: (cell: Cell) => ArrayItem): AggregateFunction {
  return aggregate<ArrayItem[]>(name, 1, {
    start: () => [],
    step(items, value = null) {
      items.push(itemOf(value));
      return items;
    },
    result: (items) => (items.length === 0 ? null : arrayJson(items)),
  });
}

export const collectingAggregates: readonly SqlFunction[] = [
  collected('pg_array_agg', itemOfCell),
  collected('pg_array_agg_array', (cell) => {
    if (cell === null) throw sqlFault('22004', 'cannot accumulate null arrays');
    return arrayOfCell(cell);
  }),
];
