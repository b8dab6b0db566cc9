// Writes the service worker of the exported console: src/worker/worker.js with the list of all files put in.
// It keeps them in the browser, so that a page goes on, and other pages open, when the node that served
// them has died.

import { createHash } from 'node:crypto';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const outDir = join(import.meta.dirname, '..', 'out');
const template = readFileSync(
  join(import.meta.dirname, '..', 'src', 'worker', 'worker.js'),
  'utf8',
);

const names = globSync('**/*.{html,txt,js,css,woff2,svg}', { cwd: outDir })
  .map((name) => `/${name.replaceAll('\\', '/')}`)
  .filter((name) => name !== '/worker.js')
  .toSorted();
if (!names.includes('/index.html')) throw new Error(`There is no index.html in ${outDir}.`);

const hash = createHash('sha256');
for (const name of names) hash.update(name).update(readFileSync(join(outDir, name)));

const version = hash.digest('hex').slice(0, 16);
// Names of files have no quotation marks, so that they stand in a text of JavaScript as they are.
const text = template.replace('VERSION', version).replace('FILES', JSON.stringify(names));
if (!text.includes(version) || !text.includes('/index.html')) {
  throw new Error('src/worker/worker.js has lost the places that are filled in.');
}
writeFileSync(join(outDir, 'worker.js'), text);
