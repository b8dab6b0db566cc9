// The files of the repository that people write: no packages, build results or data.

import { readdirSync } from 'node:fs';
import { extname, join } from 'node:path';

const generatedFolders = new Set([
  '.git',
  '.next',
  '.patina',
  '.turbo',
  'coverage',
  'dist',
  'node_modules',
  'out',
]);
const generatedFiles = new Set(['next-env.d.ts']);
const codeExtensions = new Set(['.cjs', '.js', '.mjs', '.mts', '.ts', '.tsx']);

/** All written files under a root, as relative paths with forward slashes, sorted. */
export function listFiles(rootDir: string): string[] {
  const files: string[] = [];
  const visit = (folder: string): void => {
    for (const entry of readdirSync(join(rootDir, folder), { withFileTypes: true })) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) {
        if (!generatedFolders.has(entry.name)) visit(path);
      } else if (entry.isFile() && !generatedFiles.has(entry.name)) {
        files.push(path);
      }
    }
  };
  visit('');
  return files.sort();
}

/** Whether a file is TypeScript or JavaScript. */
export function isCode(file: string): boolean {
  return codeExtensions.has(extname(file));
}

/** Whether a file is a test or serves tests only. */
export function isTestCode(file: string): boolean {
  return (
    /\.test\.tsx?$|(^|\/)testing\/|(^|\/)test-[^/]+\.ts$/.test(file) || file.startsWith('tests/')
  );
}
