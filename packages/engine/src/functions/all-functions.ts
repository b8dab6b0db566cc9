// Every function by family.

import { byteFunctions } from './byte-functions.ts';
import { castFunctions } from './casts.ts';
import { datetimeFunctions } from './datetime-functions.ts';
import { extractFunctions } from './extract.ts';
import { fromCharFunctions } from './from-char.ts';
import type { SqlFunction } from './function-types.ts';
import { intervalFunctions } from './interval-functions.ts';
import { likeFunctions } from './like.ts';
import { numberAggregates } from './number-aggregates.ts';
import { numberFunctions } from './number-functions.ts';
import { numericFunctions } from './numeric-functions.ts';
import { quotingFunctions } from './quoting.ts';
import { regexFunctions } from './regex-functions.ts';
import { seriesFunctions } from './series.ts';
import { textFunctions } from './text-functions.ts';
import { toCharNumberFunctions } from './to-char-number.ts';
import { toCharTimeFunctions } from './to-char-time.ts';

export const allFunctions: readonly SqlFunction[] = [
  ...toCharTimeFunctions,
  ...toCharNumberFunctions,
  ...seriesFunctions,
  ...intervalFunctions,
  ...fromCharFunctions,
  ...extractFunctions,
  ...datetimeFunctions,
  ...byteFunctions,
  ...castFunctions,
  ...likeFunctions,
  ...numberAggregates,
  ...numberFunctions,
  ...numericFunctions,
  ...quotingFunctions,
  ...regexFunctions,
  ...textFunctions,
];
