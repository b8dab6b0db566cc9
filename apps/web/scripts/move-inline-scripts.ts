// Moves the inline scripts of the exported pages into files, so that the nodes can serve the
// console under a Content-Security-Policy that forbids inline scripts altogether. A file per script
// keeps their order; the name is a hash of the content, so that caches never mix two builds.

import { createHash } from 'node:crypto';
import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const outDir = join(import.meta.dirname, '..', 'out');
const scriptsPath = '/_next/static/inline';

const pages = globSync('**/*.html', { cwd: outDir });
if (pages.length === 0) throw new Error(`There are no pages in ${outDir}: run next build first.`);
mkdirSync(join(outDir, scriptsPath), { recursive: true });
for (const page of pages) {
  const path = join(outDir, page);
  const html = readFileSync(path, 'utf8').replaceAll(
    /<script((?![^>]*\bsrc=)[^>]*)>([\s\S]*?)<\/script>/g,
    (_tag, attributes: string, script: string) =>
      `<script${attributes} src="${writeScript(script)}"></script>`,
  );
  const inline = /<script(?![^>]*\bsrc=)|<style\b|\sstyle=|\son\w+=/.exec(html);
  if (inline !== null) {
    throw new Error(
      `${page} still has inline code or styles at offset ${inline.index}: ${inline[0]}`,
    );
  }
  writeFileSync(path, html);
}

/** Writes a script into a file of its own and returns its address. */
function writeScript(script: string): string {
  const name = `${createHash('sha256').update(script).digest('hex').slice(0, 16)}.js`;
  writeFileSync(join(outDir, scriptsPath, name), script);
  return `${scriptsPath}/${name}`;
}
