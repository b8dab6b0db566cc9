// The workspaces of the repository, as their manifests and the lockfile declare them.

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { workspaceManifests } from '../setup.mjs';

type Versions = Readonly<Record<string, string>>;

export interface Workspace {
  readonly name: string;
  /** Relative to the root, with forward slashes; empty for the root itself. */
  readonly folder: string;
  /** What it needs to run, by package name. */
  readonly dependencies: Versions;
  readonly devDependencies: Versions;
}

/** Reads the root's manifest and those of all workspaces. The root comes first. */
export function readWorkspaces(rootDir: string): Workspace[] {
  const manifests = ['package.json', ...workspaceManifests(rootDir)];
  return manifests.map((file) => {
    const manifest = readJson(join(rootDir, file));
    const folder = dirname(file) === '.' ? '' : dirname(file);
    return { ...dependenciesOf(manifest), name: String(manifest['name']), folder };
  });
}

/**
 * The dependencies of each workspace as the lockfile has them, by folder; undefined without one.
 */
export function readLockedDependencies(
  rootDir: string,
): ReadonlyMap<string, Pick<Workspace, 'dependencies' | 'devDependencies'>> | undefined {
  const path = join(rootDir, 'package-lock.json');
  if (!existsSync(path)) return undefined;
  const packages = asRecord(readJson(path)['packages']);
  return new Map(
    Object.entries(packages).map(([folder, entry]) => [folder, dependenciesOf(asRecord(entry))]),
  );
}

function dependenciesOf(manifest: Record<string, unknown>) {
  const dependencies = { ...asVersions(manifest['dependencies']) };
  Object.assign(dependencies, asVersions(manifest['optionalDependencies']));
  Object.assign(dependencies, asVersions(manifest['peerDependencies']));
  return { dependencies, devDependencies: asVersions(manifest['devDependencies']) };
}

function readJson(path: string): Record<string, unknown> {
  return asRecord(JSON.parse(readFileSync(path, 'utf8')));
}

function asRecord(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {};
  return Object.fromEntries(Object.entries(value));
}

function asVersions(value: unknown): Versions {
  const entries = Object.entries(asRecord(value));
  return Object.fromEntries(entries.map(([name, version]) => [name, String(version)]));
}
