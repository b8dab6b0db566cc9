// Every function by family.

import type { SqlFunction } from './function-types.ts';

export const allFunctions: readonly SqlFunction[] = [];
