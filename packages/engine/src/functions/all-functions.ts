// Every function by family.

import { arrayComparisonFunctions } from './array-comparison.ts';
import { arrayFunctions } from './array-functions.ts';
import { byteFunctions } from './byte-functions.ts';
import { castFunctions } from './casts.ts';
import { chanceFunctions } from './chance.ts';
import { collectingAggregates } from './collecting-aggregates.ts';
import { datetimeFunctions } from './datetime-functions.ts';
import { extractFunctions } from './extract.ts';
import { fromCharFunctions } from './from-char.ts';
import type { SqlFunction } from './function-types.ts';
import { intervalFieldFunctions } from './interval-fields.ts';
import { intervalFunctions } from './interval-functions.ts';
import { jsonFunctions } from './json-functions.ts';
import { jsonbFunctions } from './jsonb-functions.ts';
import { likeFunctions } from './like.ts';
import { numberAggregates } from './number-aggregates.ts';
import { numberFunctions } from './number-functions.ts';
import { numericFunctions } from './numeric-functions.ts';
import { orderedSetFunctions } from './ordered-sets.ts';
import { otherFunctions } from './other-functions.ts';
import { quotingFunctions } from './quoting.ts';
import { regexFunctions } from './regex-functions.ts';
import { seriesFunctions } from './series.ts';
import { textFunctions } from './text-functions.ts';
import { timetzFunctions } from './timetz-functions.ts';
import { toCharNumberFunctions } from './to-char-number.ts';
import { toCharTimeFunctions } from './to-char-time.ts';
import { toJsonFunctions } from './to-json.ts';

export const allFunctions: readonly SqlFunction[] = [
  ...otherFunctions,
  ...toJsonFunctions,
  ...jsonbFunctions,
  ...jsonFunctions,
  ...collectingAggregates,
  ...arrayFunctions,
  ...arrayComparisonFunctions,
  ...toCharTimeFunctions,
  ...toCharNumberFunctions,
  ...seriesFunctions,
  ...intervalFunctions,
  ...intervalFieldFunctions,
  ...fromCharFunctions,
  ...extractFunctions,
  ...datetimeFunctions,
  ...timetzFunctions,
  ...byteFunctions,
  ...castFunctions,
  ...chanceFunctions,
  ...orderedSetFunctions,
  ...likeFunctions,
  ...numberAggregates,
  ...numberFunctions,
  ...numericFunctions,
  ...quotingFunctions,
  ...regexFunctions,
  ...textFunctions,
];
