// The table of options as a flat list, with the names of each option in TOML and the environment.

import type { Option } from './option.ts';
import { optionTable } from './options.ts';

/** One option with its place and names. */
export interface ListedOption {
  /** Where code finds the value: names of the table, outermost first. */
  readonly place: readonly string[];
  /** Full TOML key, such as `gossip.tls.cert_file`. */
  readonly key: string;
  /** All full TOML keys, the preferred one first. */
  readonly keys: readonly string[];
  /** Name of the environment variable, such as `GOSSIP__TLS__CERT_FILE`. */
  readonly env: string;
  /** All accepted names of the environment variable. */
  readonly envNames: readonly string[];
  readonly option: Option<unknown>;
}

/** All options, in the order of the table. */
export const listedOptions: readonly ListedOption[] = list(optionTable, [], []);

/** The option with this full TOML key or alias. */
export const optionsByKey: ReadonlyMap<string, ListedOption> = new Map(
  listedOptions.flatMap((listed) => listed.keys.map((key) => [key, listed])),
);

/** The option with this environment name. */
export const optionsByEnv: ReadonlyMap<string, ListedOption> = new Map(
  listedOptions.flatMap((listed) => listed.envNames.map((name) => [name, listed])),
);

/** The full keys of all sections, such as `gossip` and `gossip.tls`. */
export const sectionKeys: ReadonlySet<string> = new Set(
  listedOptions.flatMap((listed) => listed.keys.flatMap(parentKeys)),
);

function list(node: object, place: readonly string[], keys: readonly string[]): ListedOption[] {
  return Object.entries(node).flatMap(([name, entry]: [string, unknown]) => {
    const placed = [...place, name];
    if (isOption(entry))
      return [listedOption(entry, placed, [...keys, entry.key ?? snakeCase(name)])];
    return typeof entry === 'object' && entry !== null
      ? list(entry, placed, [...keys, snakeCase(name)])
      : [];
  });
}

function listedOption(
  option: Option<unknown>,
  place: readonly string[],
  path: readonly string[],
): ListedOption {
  const key = path.join('.');
  const keys = [key, ...(option.aliases ?? [])];
  const envNames = keys.flatMap(envNamesOf);
  return { place, key, keys, env: envNames[0] ?? key, envNames, option };
}

/** A shell cannot set a name with a dash in it, `env` can: both spellings are taken. */
function envNamesOf(key: string): string[] {
  const withDashes = key.toUpperCase().replaceAll('.', '__');
  const plain = withDashes.replaceAll('-', '_');
  return plain === withDashes ? [plain] : [plain, withDashes];
}

function isOption(entry: unknown): entry is Option<unknown> {
  return typeof entry === 'object' && entry !== null && 'parse' in entry && 'doc' in entry;
}

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function parentKeys(key: string): string[] {
  const parts = key.split('.');
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('.'));
}
