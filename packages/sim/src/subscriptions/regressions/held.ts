// What a regression asks of a case that once failed.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FuzzCase } from '../fuzz-case.ts';
import { failureOf } from '../run-case.ts';

/** Runs the case; says which promise is broken and how, or undefined. */
export function caseFailure(fuzzCase: FuzzCase): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'patina-fuzz-'));
  try {
    const failure = failureOf(fuzzCase, { folder });
    return failure === undefined ? undefined : `${failure.check}: ${failure.message}`;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
