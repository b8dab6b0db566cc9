// Folders with given files, for tests of the checks.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export interface TemporaryTree {
  readonly dir: string;
  remove(): void;
}

/** Writes the files, text by relative path, into a new folder. The caller removes it. */
export function temporaryTree(files: Readonly<Record<string, string>>): TemporaryTree {
  const dir = mkdtempSync(join(tmpdir(), 'patina-checks-'));
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, file)), { recursive: true });
    writeFileSync(join(dir, file), text);
  }
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) };
}
