// Programs of the machine, beyond npm's, that steps of `npm test` compare with or drive: PostgreSQL, drivers of
// Python and of Java, a browser. Debian's packages are installed where we may (root, apt-get); elsewhere the tests that need
// them are left out, and are counted as skipped.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** @typedef {{ name: string, file: string }} SystemPackage A package, and a file by which it is known. */

/** @type {readonly SystemPackage[]} */
export const postgresPackages = [
  { name: 'postgresql', file: '/usr/bin/pg_lsclusters' },
  { name: 'postgresql-contrib', file: '/usr/share/doc/postgresql-contrib' },
  { name: 'python3-psycopg2', file: '/usr/lib/python3/dist-packages/psycopg2' },
  { name: 'python3-psycopg', file: '/usr/lib/python3/dist-packages/psycopg' },
  { name: 'python3-asyncpg', file: '/usr/lib/python3/dist-packages/asyncpg' },
  { name: 'python3-sqlalchemy', file: '/usr/lib/python3/dist-packages/sqlalchemy' },
  { name: 'libpostgresql-jdbc-java', file: '/usr/share/java/postgresql.jar' },
  { name: 'default-jdk-headless', file: '/usr/bin/javac' },
];

/** @type {readonly SystemPackage[]} */
export const browserPackages = [{ name: 'chromium', file: '/usr/bin/chromium' }];

/** An installation may take so long, milliseconds. */
const installMsMax = 240_000;

/**
 * @param {readonly SystemPackage[]} packages
 * @param {(path: string) => boolean} exists
 * @returns {string[]} The names of those that lack.
 */
export function missingPackages(packages, exists = existsSync) {
  return packages.filter(({ file }) => !exists(file)).map(({ name }) => name);
}

/**
 * Installs what lacks, where it may, and says what came of it. Never throws: without these programs there are
 * fewer tests, not none.
 * @param {readonly SystemPackage[]} packages
 * @param {(line: string) => void} say
 */
export function ensureSystemPackages(packages, say) {
  const missing = missingPackages(packages);
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    say(`NOT INSTALLED: ${missing.join(', ')}. Tests that need them are skipped.`);
    say('Install them (Debian: apt-get install) for the whole suite.');
    return;
  }
  say(`Installing Debian's packages ${missing.join(', ')} ...`);
  runApt(['update', '-q']);
  // One by one: a release that lacks one of them still has the others. No server is to start by itself.
  for (const name of missing) runApt(['install', '-y', '-q', '--no-install-recommends', name]);
  const left = missingPackages(packages);
  if (left.length === 0) say('Installed.');
  else say(`NOT INSTALLED: ${left.join(', ')}. Tests that need them are skipped.`);
}

/** @param {string[]} args */
function runApt(args) {
  spawnSync('apt-get', args, {
    stdio: 'ignore',
    timeout: installMsMax,
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' },
  });
}
