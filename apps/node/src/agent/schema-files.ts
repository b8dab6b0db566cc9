// The declared schema as it lies on disk: files, and directories of .sql files in the order of their names.

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { PatinaError } from '@patina/engine/base/errors.ts';

/** Reads all schema files. Throws PATINA_CONFIG_INVALID naming the one that cannot be read. */
export function readSchemaFiles(paths: readonly string[]): string[] {
  return paths.flatMap((path) => {
    try {
      return statSync(path).isDirectory() ? readDirectory(path) : [readFileSync(path, 'utf8')];
    } catch (cause) {
      throw new PatinaError('PATINA_CONFIG_INVALID', `db.schema_paths: cannot read ${path}`, {
        hint: 'Correct the path, or make it readable.',
        cause,
      });
    }
  });
}

function readDirectory(path: string): string[] {
  return readdirSync(path)
    .filter((name) => name.endsWith('.sql'))
    .toSorted()
    .map((name) => readFileSync(join(path, name), 'utf8'));
}
