// What a regression asks of a case that once failed.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FuzzCase } from '../fuzz-case.ts';
import { runCase } from '../run-case.ts';

/** Runs the case; throws where a promise is broken. */
export function expectHeld(fuzzCase: FuzzCase): void {
  const folder = mkdtempSync(join(tmpdir(), 'patina-fuzz-'));
  try {
    runCase(fuzzCase, { folder });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
