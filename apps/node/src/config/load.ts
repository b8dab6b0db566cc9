// Puts a configuration together from flags, environment and file, in that order of precedence, and
// refuses whatever it does not understand. Reads the file and nothing else.

import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { PatinaError } from '@patina/engine/base/errors.ts';
import { parse as parseToml, TomlError } from 'smol-toml';
import { foreignKeyOf } from './corrosion-keys.ts';
import { OptionProblem } from './option.ts';
import type { ListedOption } from './option-list.ts';
import { listedOptions, optionsByEnv, optionsByKey, sectionKeys } from './option-list.ts';
import type { GivenConfig } from './options.ts';
import { optionTable } from './options.ts';
import { nearestName } from './suggest.ts';

/** The file that is read when none is named. It may be missing. */
export const configFileDefault = '/etc/patina/config.toml';

/** The environment variable that names the file, where no flag does. */
export const configFileEnv = 'PATINA_CONFIG';

const configFileBytesMax = 1024 * 1024;

/** Where a configuration comes from. */
export interface ConfigSources {
  /** The file that was asked for; undefined means the default one, if it exists. */
  readonly file?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Values of flags, by the flag's name without dashes. */
  readonly flags?: Readonly<Record<string, string | undefined>>;
}

/** A configuration, and where it was read from. */
export interface LoadedConfig {
  readonly config: GivenConfig;
  /** The file that was read, if any. */
  readonly file: string | undefined;
  /** Where each value came from, by full key. */
  readonly origins: ReadonlyMap<string, string>;
}

interface Given {
  readonly raw: unknown;
  /** Where it was written, as the message names it. */
  readonly origin: string;
}

/** Reads all sources. Throws PATINA_CONFIG_INVALID that names the key, the place and the cure. */
export function loadConfig(sources: ConfigSources): LoadedConfig {
  const file = sources.file ?? sources.env[configFileEnv];
  const document = readConfigFile(file);
  const given = new Map<ListedOption, Given>();
  if (document !== undefined) collectFile(document.table, '', document.file, given);
  collectEnv(sources.env, given);
  collectFlags(sources.flags ?? {}, given);
  const values = new Map<ListedOption, unknown>();
  const origins = new Map<string, string>();
  for (const listed of listedOptions) {
    const source = given.get(listed);
    values.set(listed, optionValue(listed, source));
    origins.set(listed.key, source?.origin ?? 'default');
  }
  return { config: withDerived(nest(values)), file: document?.file, origins };
}

function readConfigFile(file: string | undefined): { file: string; table: object } | undefined {
  const path = file ?? configFileDefault;
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (file === undefined && errorCode(error) === 'ENOENT') return undefined;
    const reason = readFaults[errorCode(error) ?? ''] ?? String(error);
    throw invalid(`cannot read the configuration file ${path}: ${reason}`, {
      hint: `Name an existing TOML file with --config or ${configFileEnv}.`,
      cause: error,
    });
  }
  if (text.length > configFileBytesMax) {
    throw invalid(`the configuration file ${path} is over ${configFileBytesMax} bytes`);
  }
  try {
    return { file: path, table: parseToml(text, { integersAsBigInt: 'asNeeded', maxDepth: 16 }) };
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    // The library's message goes on with an excerpt of the file, which may hold a secret.
    const reason = error.message.split('\n')[0]?.replace(/^Invalid TOML document: /, '') ?? '';
    throw invalid(`${path}:${error.line}:${error.column}: not valid TOML: ${reason}`, {
      hint: 'Correct the line; text values need quotes.',
    });
  }
}

const readFaults: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  EISDIR: 'it is a directory',
};

function collectFile(
  table: object,
  prefix: string,
  file: string,
  given: Map<ListedOption, Given>,
): void {
  for (const [name, raw] of Object.entries(table) as [string, unknown][]) {
    const key = prefix === '' ? name : `${prefix}.${name}`;
    const listed = optionsByKey.get(key);
    if (listed !== undefined) {
      addFromFile(listed, key, { raw, origin: file }, given);
    } else if (sectionKeys.has(key)) {
      if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
        throw invalid(`${key} must be a section, written [${key}] (in ${file})`);
      }
      collectFile(raw, key, file, given);
    } else {
      throw unknownKey(key, file);
    }
  }
}

function addFromFile(
  listed: ListedOption,
  key: string,
  source: Given,
  given: Map<ListedOption, Given>,
): void {
  if (given.has(listed)) {
    throw invalid(
      `${key} and another spelling of ${listed.key} are both set (in ${source.origin})`,
      {
        hint: `Keep ${listed.key} only.`,
      },
    );
  }
  given.set(listed, source);
}

function unknownKey(key: string, file: string): PatinaError {
  const foreign = foreignKeyOf(key);
  if (foreign !== undefined) {
    return invalid(`${key} is a key of Corrosion that Patina doesn't have yet (in ${file})`, {
      hint: foreign.hint,
    });
  }
  const nearest = nearestName(key, [...optionsByKey.keys(), ...sectionKeys]);
  return invalid(`unknown key ${key} (in ${file})`, {
    hint:
      nearest === undefined
        ? 'docs/configuration.md lists all keys.'
        : `Did you mean ${nearest}? docs/configuration.md lists all keys.`,
  });
}

const envSections = new RegExp(
  `^(${[...Object.keys(optionTable), 'consul', 'reaper'].join('|').toUpperCase()})__`,
);

function collectEnv(env: ConfigSources['env'], given: Map<ListedOption, Given>): void {
  const seen = new Map<ListedOption, string>();
  for (const [name, text] of Object.entries(env)) {
    if (text === undefined || !envSections.test(name)) continue;
    const listed = optionsByEnv.get(name);
    if (listed === undefined) throw unknownEnv(name);
    const other = seen.get(listed);
    if (other !== undefined) {
      throw invalid(`the environment variables ${other} and ${name} set the same key`, {
        hint: `Keep ${listed.env} only.`,
      });
    }
    seen.set(listed, name);
    given.set(listed, fromText(listed, text, `the environment variable ${name}`));
  }
}

function unknownEnv(name: string): PatinaError {
  const key = name.toLowerCase().replaceAll('__', '.');
  if (foreignKeyOf(key) !== undefined) {
    return invalid(
      `the environment variable ${name} sets a key of Corrosion that Patina doesn't have yet`,
      { hint: 'Unset it.' },
    );
  }
  const nearest = nearestName(name, optionsByEnv.keys());
  return invalid(`the environment variable ${name} sets no key of the configuration`, {
    hint: nearest === undefined ? 'Unset it.' : `Did you mean ${nearest}? Otherwise unset it.`,
  });
}

function collectFlags(
  flags: Readonly<Record<string, string | undefined>>,
  given: Map<ListedOption, Given>,
): void {
  for (const listed of listedOptions) {
    const name = listed.option.flag;
    const text = name === undefined ? undefined : flags[name];
    if (text !== undefined) given.set(listed, fromText(listed, text, `the flag --${name}`));
  }
}

function fromText(listed: ListedOption, text: string, origin: string): Given {
  return { raw: explained(listed, origin, () => listed.option.fromText(text)), origin };
}

function optionValue(listed: ListedOption, source: Given | undefined): unknown {
  const { option } = listed;
  if (source !== undefined) return explained(listed, source.origin, () => option.parse(source.raw));
  return option.defaultRaw === undefined ? undefined : option.parse(option.defaultRaw);
}

/** Runs `read`; a problem becomes an error that names the key and where its value was written. */
function explained<T>(listed: ListedOption, origin: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof OptionProblem)) throw error;
    const place = origin.startsWith('the ') ? `set by ${origin}` : `in ${origin}`;
    throw invalid(`${listed.key} ${error.message} (${place})`, {
      hint: error.hint ?? `Expected: ${listed.option.kind}. See docs/configuration.md.`,
    });
  }
}

function nest(values: ReadonlyMap<ListedOption, unknown>): GivenConfig {
  const root: Record<string, unknown> = {};
  for (const [{ place }, value] of values) {
    let node = root;
    for (const name of place.slice(0, -1)) {
      const next = node[name] ?? {};
      node[name] = next;
      node = next as Record<string, unknown>;
    }
    node[place.at(-1) ?? ''] = value;
  }
  // The object has the shape of the table that the type is derived from; TypeScript cannot follow.
  return root as unknown as GivenConfig;
}

/** Fills in what follows from other options. */
function withDerived(config: GivenConfig): GivenConfig {
  const databasePath = config.db.path;
  if (config.admin.path !== undefined || databasePath === undefined) return config;
  const directory = join(dirname(databasePath), `${basename(databasePath)}-admin`);
  return { ...config, admin: { ...config.admin, path: join(directory, 'admin.sock') } };
}

function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}

/** The error of everything that is wrong with a configuration. */
export function invalid(
  message: string,
  options?: { hint?: string; cause?: unknown },
): PatinaError {
  return new PatinaError('PATINA_CONFIG_INVALID', message, options);
}
