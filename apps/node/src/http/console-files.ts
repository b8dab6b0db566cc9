// The files of the web console, served from a directory that was listed once at the start: a request
// can only name a file of that list, so no path can lead out of it.

import { createHash } from 'node:crypto';
import { type Dirent, existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import { PatinaError } from '@patina/engine/base/errors.ts';

/** Files of a console at most; a greater directory is not one. */
const filesMax = 10_000;

const contentTypes: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
};

/** One answer: headers and bytes. */
export interface ConsoleFile {
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Buffer;
}

export interface ConsoleFiles {
  /** The file for the path of a URL; undefined when there is none. */
  find(urlPath: string): ConsoleFile | undefined;
}

/** The console in `directory`; without such a directory nothing is found. */
export function createConsoleFiles(directory: string | undefined): ConsoleFiles {
  const pathByUrl = new Map<string, string>();
  if (directory !== undefined && existsSync(directory)) list(directory, pathByUrl);
  return {
    find(urlPath) {
      const path = pathByUrl.get(urlPath);
      return path === undefined ? undefined : readConsoleFile(urlPath, path);
    },
  };
}

function list(directory: string, pathByUrl: Map<string, string>): void {
  const entries: Dirent[] = readdirSync(directory, { recursive: true, withFileTypes: true });
  if (entries.length > filesMax) {
    throw new PatinaError('PATINA_CONFIG_INVALID', `${directory} holds more than a console`);
  }
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const url = `/${relative(directory, path).split(sep).join('/')}`;
    pathByUrl.set(url, path);
    if (!url.endsWith('.html')) continue;
    const page = url.slice(0, -'.html'.length);
    pathByUrl.set(page, path);
    if (page.endsWith('/index')) {
      pathByUrl.set(page.slice(0, -'index'.length), path);
      if (page !== '/index') pathByUrl.set(page.slice(0, -'/index'.length), path);
    }
  }
}

function readConsoleFile(urlPath: string, path: string): ConsoleFile {
  const bytes = readFileSync(path);
  const extension = extname(path);
  const fixed = urlPath.startsWith('/_next/static/');
  const headers: Record<string, string> = {
    'content-type': contentTypes[extension] ?? 'application/octet-stream',
    'cache-control': fixed ? 'public, max-age=31536000, immutable' : 'no-cache',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  };
  if (extension === '.html') Object.assign(headers, pageHeaders(bytes.toString('utf8')));
  return { headers, bytes };
}

/** Scripts run from this origin only, and inline ones only as they stand in the page as built. */
function pageHeaders(html: string): Record<string, string> {
  const hashes = new Set<string>();
  for (const [, script] of html.matchAll(/<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/g)) {
    if (script === undefined || script === '') continue;
    hashes.add(`'sha256-${createHash('sha256').update(script).digest('base64')}'`);
  }
  const policy = [
    "default-src 'self'",
    ["script-src 'self'", ...hashes].join(' '),
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ];
  return {
    'content-security-policy': policy.join('; '),
    'cross-origin-opener-policy': 'same-origin',
    'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  };
}
