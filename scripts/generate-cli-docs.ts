// Writes docs/command-line.md; a test beside the commands fails when that was forgotten.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandLineMarkdown } from '../apps/node/src/cli/docs.ts';

const path = join(import.meta.dirname, '../docs/command-line.md');
writeFileSync(path, commandLineMarkdown());
process.stdout.write(`wrote ${path}\n`);
