// Writes docs/configuration.md; a test beside the table of options fails when that was forgotten.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { configurationMarkdown } from '../apps/node/src/config/docs.ts';

const path = join(import.meta.dirname, '../docs/configuration.md');
writeFileSync(path, configurationMarkdown());
process.stdout.write(`wrote ${path}\n`);
