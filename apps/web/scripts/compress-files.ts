// Puts a compressed twin beside every text file of the export, so that nodes send few bytes without
// compressing anything themselves.

import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

/** Smaller files gain nothing, bytes. */
const bytesMin = 1_024;

const outDir = join(import.meta.dirname, '..', 'out');
for (const name of globSync('**/*.{html,txt,js,css,svg}', { cwd: outDir })) {
  const path = join(outDir, name);
  const bytes = readFileSync(path);
  if (bytes.length < bytesMin) continue;
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  };
  writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params }));
  writeFileSync(`${path}.gz`, gzipSync(bytes, { level: constants.Z_BEST_COMPRESSION }));
}
