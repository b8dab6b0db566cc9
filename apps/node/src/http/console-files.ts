// The files of the web console, served from a directory that was listed once at the start: a request
// can only name a file of that list, so no path can lead out of it.

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
export interface ConsoleAnswer {
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Buffer;
}

export interface ConsoleFile {
  readonly isPage: boolean;
  /**
   * The file in the best encoding of those that `acceptEncoding` names; a page may connect to these origins
   * beside its own.
   */
  answer(acceptEncoding: string, connect: readonly string[]): ConsoleAnswer;
}

export interface ConsoleFiles {
  /** The file for the path of a URL; undefined when there is none. */
  find(urlPath: string): ConsoleFile | undefined;
}

/** Compressed twins that the build puts beside files, the smallest first. */
const encodings = [
  { name: 'br', suffix: '.br' },
  { name: 'gzip', suffix: '.gz' },
] as const;

/** The console in `directory`; without such a directory nothing is found. */
export function createConsoleFiles(directory: string | undefined): ConsoleFiles {
  const pathByUrl = new Map<string, string>();
  if (directory !== undefined && existsSync(directory)) list(directory, pathByUrl);
  return {
    find(urlPath) {
      const path = pathByUrl.get(urlPath);
      if (path === undefined || encodings.some(({ suffix }) => path.endsWith(suffix))) {
        return undefined;
      }
      const paths = new Set(pathByUrl.values());
      return {
        isPage: extname(path) === '.html',
        answer: (acceptEncoding, connect) => {
          const accepted = encodings.find(
            ({ name, suffix }) => accepts(acceptEncoding, name) && paths.has(path + suffix),
          );
          const headers = headersOf(urlPath, path, connect);
          const bytes = readFileSync(accepted === undefined ? path : path + accepted.suffix);
          if (accepted !== undefined) headers['content-encoding'] = accepted.name;
          return { headers, bytes };
        },
      };
    },
  };
}

function accepts(acceptEncoding: string, name: string): boolean {
  return acceptEncoding
    .split(',')
    .some((each) => each.split(';', 1)[0]?.trim() === name && !/;\s*q=0(\.0*)?\s*$/.test(each));
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

function headersOf(
  urlPath: string,
  path: string,
  connect: readonly string[],
): Record<string, string> {
  const extension = extname(path);
  const isFixed = urlPath.startsWith('/_next/static/');
  return {
    'content-type': contentTypes[extension] ?? 'application/octet-stream',
    'cache-control': isFixed ? 'public, max-age=31536000, immutable' : 'no-cache',
    'x-content-type-options': 'nosniff',
    // With less than this browsers send forms with the origin `null`, and other members would refuse them.
    'referrer-policy': 'strict-origin',
    vary: 'accept-encoding',
    ...(extension === '.html' ? pageHeaders(connect) : {}),
  };
}

/**
 * Everything comes from this origin, and nothing runs that stands in the page itself; only the API of other members
 * may be talked to.
 */
function pageHeaders(connect: readonly string[]): Record<string, string> {
  const others = connect.flatMap((origin) => [origin, origin.replace(/^http/, 'ws')]);
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "font-src 'self'",
    "img-src 'self' data:",
    "manifest-src 'self'",
    "worker-src 'self'",
    ["connect-src 'self'", ...others].join(' '),
    ["form-action 'self'", ...connect].join(' '),
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ];
  return {
    'content-security-policy': policy.join('; '),
    'cross-origin-opener-policy': 'same-origin',
    'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  };
}
