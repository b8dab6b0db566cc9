// All functions that expressions can call, by name.

import { readSignatures } from '../signatures.ts';
import { aggregateFunctions, orderedSetFunctions, windowFunctions } from './aggregate-functions.ts';
import { arrayFunctions } from './array-functions.ts';
import { datetimeFunctions } from './datetime-functions.ts';
import { jsonFunctions } from './json-functions.ts';
import { mathFunctions } from './math-functions.ts';
import { sqliteFunctions } from './sqlite-functions.ts';
import { systemFunctions } from './system-functions.ts';
import { textFunctions } from './text-functions.ts';

export const scalarTable = readSignatures(
  textFunctions +
    mathFunctions +
    datetimeFunctions +
    jsonFunctions +
    arrayFunctions +
    systemFunctions,
);
export const aggregateTable = readSignatures(aggregateFunctions);
export const orderedSetTable = readSignatures(orderedSetFunctions);
export const windowTable = readSignatures(windowFunctions);
/** SQLite's own, where PostgreSQL has none of the name. */
export const sqliteTable = readSignatures(sqliteFunctions);
