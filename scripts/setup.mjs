// Everything that must be true before Patina can run from a clone: a Node that can start us, npm,
// the installed packages, and the pinned runtime inside node_modules. Plain JavaScript without
// packages, because it runs on the machine's own Node before anything is installed.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the repository. */
export const rootDir = dirname(dirname(fileURLToPath(import.meta.url)));

const nodeMajorMin = 20;
const stampName = '.patina-setup.json';

/** Something is missing on this machine: a sentence for people, and what to do about it. */
export class SetupError extends Error {
  /**
   * @param {string} message
   * @param {string} hint
   */
  constructor(message, hint) {
    super(message);
    this.name = 'SetupError';
    this.hint = hint;
  }
}

/**
 * Makes a clone ready to run: checks the machine, installs packages where they are missing or older
 * than the lockfile, and finds the pinned runtime. Does nothing, and needs no network, when all is
 * there.
 * @param {(line: string) => void} say
 * @returns {{ runtime: string, env: NodeJS.ProcessEnv }} The runtime's path, and an environment
 *   whose PATH finds it and the installed tools first.
 */
export function setUp(say) {
  checkNodeVersion(process.versions.node);
  const wanted = installFingerprint(rootDir);
  const installed = installedFingerprint(rootDir);
  const runtime = runtimePath(rootDir, process.platform);
  if (wanted !== installed || !existsSync(runtime)) {
    const lockfile = readFileSync(join(rootDir, 'package-lock.json'), 'utf8');
    const { platform, arch } = process;
    checkMachine(lockfile, { platform, arch, isMusl: isMuslMachine() });
    const reason = existsSync(join(rootDir, 'node_modules'))
      ? 'those here are not the ones of the lockfile'
      : 'first start in this clone';
    say(`Installing packages (${reason}); this needs the network and about 1 GB of disk ...`);
    installPackages(runtime);
    const stamp = { fingerprint: wanted, platform, arch };
    writeFileSync(join(rootDir, 'node_modules', stampName), `${JSON.stringify(stamp)}\n`);
    say('Packages are installed.');
  }
  return { runtime, env: toolEnv() };
}

/**
 * Throws a {@link SetupError} where the Node that runs us is too old to do anything.
 * @param {string} version As in `process.versions.node`.
 */
export function checkNodeVersion(version) {
  const major = Number(version.split('.')[0]);
  if (major >= nodeMajorMin) return;
  throw new SetupError(
    `Patina needs Node ${nodeMajorMin} or newer to start, and this is Node ${version}.`,
    'Install a current Node (nodejs.org, or your package manager) and run the command again.',
  );
}

/**
 * A fingerprint of everything that decides what an install puts into node_modules.
 * @param {string} dir
 */
export function installFingerprint(dir) {
  const hash = createHash('sha256');
  const files = ['package-lock.json', '.npmrc', 'package.json', ...workspaceManifests(dir)];
  for (const file of files) {
    if (!existsSync(join(dir, file))) continue;
    hash
      .update(`${file}\0`)
      .update(installInputs(join(dir, file)))
      .update('\0');
  }
  return hash.digest('hex');
}

/**
 * What of a file matters to an install: of a manifest, not its scripts.
 * @param {string} path
 */
function installInputs(path) {
  const text = readFileSync(path, 'utf8');
  if (!path.endsWith('package.json')) return text;
  return JSON.stringify({ ...JSON.parse(text), scripts: undefined });
}

/**
 * The manifests of all workspaces, relative to the root, sorted.
 * @param {string} dir
 * @returns {string[]}
 */
export function workspaceManifests(dir) {
  /** @type {string[]} */
  const patterns = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8')).workspaces ?? [];
  const folders = patterns.flatMap((pattern) => {
    if (!pattern.endsWith('/*')) return [pattern];
    const parent = pattern.slice(0, -2);
    if (!existsSync(join(dir, parent))) return [];
    return readdirSync(join(dir, parent)).map((name) => `${parent}/${name}`);
  });
  const manifests = folders.map((folder) => `${folder}/package.json`);
  return manifests.filter((manifest) => existsSync(join(dir, manifest))).sort();
}

/**
 * @param {string} dir
 * @returns {string | undefined} The fingerprint that node_modules was installed from, by us.
 */
function installedFingerprint(dir) {
  try {
    const stamp = JSON.parse(readFileSync(join(dir, 'node_modules', stampName), 'utf8'));
    const sameMachine = stamp.platform === process.platform && stamp.arch === process.arch;
    return sameMachine ? stamp.fingerprint : undefined;
  } catch {
    // A missing or broken stamp means the same: install.
    return undefined;
  }
}

/**
 * Installs in two steps: all packages without their scripts, then the one script that is needed,
 * which fetches the runtime. So no npm tries to compile better-sqlite3, which brings its binaries
 * along.
 * @param {string} runtime
 */
function installPackages(runtime) {
  const quiet = ['--no-audit', '--no-fund'];
  runNpm(['install', '--ignore-scripts', '--no-save', '--prefer-offline', ...quiet]);
  if (runtimeFault(runtime) === undefined) return;
  runNpm(['rebuild', 'node', '--ignore-scripts=false']);
  const fault = runtimeFault(runtime);
  if (fault === undefined) return;
  throw new SetupError(
    `The pinned Node runtime ${fault}.`,
    'It comes with the npm package `node`. Delete node_modules and run the command again.',
  );
}

/** @param {string[]} args */
function runNpm(args) {
  // Inside `npm start` this is the very npm that the person called, whatever PATH says.
  const npmScript = process.env['npm_execpath'];
  const viaScript = npmScript !== undefined && /npm-cli\.c?js$/.test(npmScript);
  const command = viaScript ? process.execPath : 'npm';
  const fullArgs = [...(viaScript ? [npmScript] : []), ...args, '--loglevel=error'];
  const result = spawnSync(command, fullArgs, {
    cwd: rootDir,
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: !viaScript && process.platform === 'win32',
  });
  if (result.error !== undefined) {
    throw new SetupError(
      `npm could not be started: ${result.error.message}.`,
      'npm comes with Node; make sure that `npm --version` works in this shell.',
    );
  }
  if (result.status !== 0) {
    throw new SetupError(
      `npm ${args[0]} failed (exit code ${result.status}); its own messages are above.`,
      'The first install needs a network connection to the npm registry; later runs work offline.',
    );
  }
}

/**
 * @param {string} runtime
 * @returns {string | undefined} What is wrong with the installed runtime, if anything.
 */
function runtimeFault(runtime) {
  const manifest = JSON.parse(readFileSync(join(rootDir, 'package.json'), 'utf8'));
  const wanted = `v${manifest.dependencies.node}`;
  if (!existsSync(runtime)) return `${wanted} was not installed`;
  const result = spawnSync(runtime, ['--version'], { encoding: 'utf8' });
  const found = result.stdout?.trim() ?? '';
  if (result.status === 0 && found === wanted) return undefined;
  const told = result.error?.message ?? (found || `exit code ${result.status}`);
  return `${wanted} does not run here: ${told}`;
}

/**
 * Throws a {@link SetupError} where there are no binaries for this kind of machine.
 * @param {string} lockfile The text of package-lock.json, which lists them.
 * @param {{ platform: string, arch: string, isMusl: boolean }} machine
 */
export function checkMachine(lockfile, { platform, arch, isMusl }) {
  const kind = `${platform} on ${arch}${isMusl ? ' with musl' : ''}`;
  const binary = `node_modules/@matrixai/quic-${platform}-${arch}`;
  if (!isMusl && Object.hasOwn(JSON.parse(lockfile).packages, binary)) return;
  throw new SetupError(
    `There are no binaries of QUIC for ${kind}, and Patina can't replicate without.`,
    'Patina runs on Linux x64 with glibc: use such a machine, or a container of that kind.',
  );
}

/** @returns {boolean} Whether this is a Linux without glibc, such as Alpine. */
function isMuslMachine() {
  if (process.platform !== 'linux') return false;
  /** @type {{ header?: { glibcVersionRuntime?: string } }} */
  const report = Object(process.report.getReport());
  return report.header?.glibcVersionRuntime === undefined;
}

/**
 * Where the npm package `node` puts the runtime.
 * @param {string} dir
 * @param {NodeJS.Platform} platform
 */
function runtimePath(dir, platform) {
  return join(dir, 'node_modules', 'node', 'bin', platform === 'win32' ? 'node.exe' : 'node');
}

/** The environment for child processes: installed tools first, no telemetry, no update notices. */
function toolEnv() {
  const separator = process.platform === 'win32' ? ';' : ':';
  const bin = join(rootDir, 'node_modules', '.bin');
  return {
    ...process.env,
    PATH: [bin, process.env['PATH'] ?? ''].join(separator),
    NEXT_TELEMETRY_DISABLED: '1',
    TURBO_TELEMETRY_DISABLED: '1',
    TURBO_NO_UPDATE_NOTIFIER: '1',
    DO_NOT_TRACK: '1',
  };
}

/**
 * Sets up and tells people how it goes.
 * @returns {ReturnType<typeof setUp> | undefined} undefined where something is missing.
 */
export function setUpOrReport() {
  try {
    return setUp((line) => console.log(line));
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.error(`\n${error.message}\n${error.hint}`);
    return undefined;
  }
}
