// The kinds of values that an option can have: how each is read from TOML, from the text of an
// environment variable or flag, and how it is described. The table in options.ts is made of these.

import { resolve } from 'node:path';
import { PatinaError } from '@patina/engine/base/errors.ts';
import { type BootstrapEntry, parseBootstrapEntry } from '@patina/engine/membership/bootstrap.ts';
import type { HostPort } from './host-port.ts';
import { formatHostPort, isIpAddress, parseHostPort } from './host-port.ts';
import { parseHttpOrigin } from './http-origin.ts';
import { Secret } from './secret.ts';

/** Says what is wrong with a value: the end of the sentence "db.path ...". */
export class OptionProblem extends Error {
  override readonly name = 'OptionProblem';
  /** What to do about it, a sentence. */
  readonly hint: string | undefined;

  constructor(message: string, options?: { hint?: string; cause?: unknown }) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.hint = options?.hint;
  }
}

/** What a person writes about an option in the table. */
export interface OptionTexts {
  /** Lines of text for the documentation: what it does, and how to choose. */
  readonly doc: readonly string[];
  /** Last part of the TOML key; by default the name in the table in snake_case. */
  readonly key?: string;
  /** Other full TOML keys that mean the same. */
  readonly aliases?: readonly string[];
  /** Command line flag, without the dashes. */
  readonly flag?: string;
  /** How the documentation shows the default where it is not a plain value. */
  readonly shownDefault?: string;
}

/** One entry of the table. `T` is the type of the value that code sees. */
export interface Option<T> extends OptionTexts {
  /** The kind of value, as the documentation names it. */
  readonly kind: string;
  /** Whether the value must never be shown. */
  readonly secret: boolean;
  /** Reads a TOML value; throws {@link OptionProblem}. */
  parse(raw: unknown): T;
  /** Turns the text of an environment variable or a flag into what TOML would have given. */
  fromText(text: string): unknown;
  /** The default as TOML would write it; undefined when there is none. */
  readonly defaultRaw: unknown;
  /** Writes a value for people, where the plain value would mislead. */
  show?(value: T): string;
}

/** An option without which an agent cannot start; other commands can do without. */
export interface RequiredOption<T> extends Option<T> {
  readonly required: true;
}

/** A kind of value, before an option gives it a meaning. */
export interface Kind<T> {
  readonly kind: string;
  readonly secret?: boolean;
  parse(raw: unknown): T;
  fromText(text: string): unknown;
  show?(value: T): string;
}

/** An option that has a value always: the default is written as in TOML. */
export function withDefault<T>(kind: Kind<T>, defaultRaw: unknown, texts: OptionTexts): Option<T> {
  return { secret: false, ...kind, ...texts, defaultRaw };
}

/** An option that may be left out. */
export function optional<T>(kind: Kind<T>, texts: OptionTexts): Option<T | undefined> {
  return { secret: false, ...kind, ...texts, defaultRaw: undefined };
}

/** An option that an agent must have. */
export function required<T>(kind: Kind<T>, texts: OptionTexts): RequiredOption<T> {
  return { secret: false, ...kind, ...texts, defaultRaw: undefined, required: true };
}

/** Free text, not empty. */
export const text: Kind<string> = {
  kind: 'text',
  parse: (raw) => needText(raw),
  fromText: (given) => given,
};

/** A file or directory. Relative paths count from the working directory. */
export const path: Kind<string> = {
  kind: 'path',
  parse: (raw) => {
    const given = needText(raw);
    if (given.includes('\0')) throw new OptionProblem('has a NUL character in it');
    return resolve(given);
  },
  fromText: (given) => given,
};

/** `true` or `false`. */
export const flag: Kind<boolean> = {
  kind: 'true or false',
  parse: (raw) => {
    if (typeof raw !== 'boolean')
      throw new OptionProblem(`must be true or false, not ${shown(raw)}`);
    return raw;
  },
  fromText: (given) => (given === 'true' ? true : given === 'false' ? false : given),
};

/** A secret: printable ASCII without spaces, so that it fits an HTTP header. */
export const secret: Kind<Secret> = {
  kind: 'secret',
  secret: true,
  parse: (raw) => {
    if (typeof raw !== 'string' || !/^[\x21-\x7e]+$/.test(raw)) {
      throw new OptionProblem('must be printable ASCII text without spaces');
    }
    return new Secret(raw);
  },
  fromText: (given) => given,
};

/** A whole number within limits. */
export function integer(limits: { min: number; max: number }): Kind<number> {
  return {
    kind: `integer, ${limits.min} to ${limits.max}`,
    parse: (raw) => {
      if (typeof raw !== 'number' || !Number.isInteger(raw)) {
        throw new OptionProblem(`must be a whole number, not ${shown(raw)}`);
      }
      if (raw < limits.min || raw > limits.max) {
        throw new OptionProblem(`must be from ${limits.min} to ${limits.max}, not ${raw}`);
      }
      return raw;
    },
    fromText: numberFromText,
  };
}

const unitsMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/**
 * A length of time, in milliseconds for the code. A bare number counts in `unit`, as in Corrosion's
 * keys; text carries its own unit (`"250ms"`, `"90s"`, `"48h"`).
 */
export function duration(unit: 'ms' | 's', limits: { minMs: number; maxMs: number }): Kind<number> {
  const unitName = unit === 'ms' ? 'milliseconds' : 'seconds';
  const range = `${showDuration(limits.minMs)} to ${showDuration(limits.maxMs)}`;
  return {
    kind: `${unitName}, or text with a unit (ms, s, m, h, d); ${range}`,
    parse: (raw) => {
      const ms = durationMs(raw, unit);
      if (ms === undefined) {
        throw new OptionProblem(`must be ${unitName} or text such as "30s", not ${shown(raw)}`);
      }
      if (ms < limits.minMs || ms > limits.maxMs) {
        throw new OptionProblem(`must be from ${range}, not ${shown(raw)}`);
      }
      return ms;
    },
    fromText: numberFromText,
    show: showDuration,
  };
}

/** One of a few words. */
export function oneOf<const W extends string>(words: readonly W[]): Kind<W> {
  const quoted = words.map((word) => `"${word}"`).join(', ');
  return {
    kind: `one of ${quoted}`,
    parse: (raw) => {
      const word = words.find((candidate) => candidate === raw);
      if (word === undefined)
        throw new OptionProblem(`must be one of ${quoted}, not ${shown(raw)}`);
      return word;
    },
    fromText: (given) => given,
  };
}

/** An IP address and a port. `localhost` is taken as 127.0.0.1. */
export const ipAddress: Kind<HostPort> = {
  kind: 'ip:port',
  parse: (raw) => {
    const address = typeof raw === 'string' ? parseHostPort(raw) : undefined;
    if (address === undefined || !isIpAddress(address.host)) {
      throw new OptionProblem(
        `must be an IP address and a port, as "127.0.0.1:8080" or "[::1]:80", not ${shown(raw)}`,
      );
    }
    return address;
  },
  fromText: (given) => given,
};

/** The origin of a site: scheme, host, and port where it is not the usual one. */
export const httpOrigin: Kind<string> = {
  kind: 'http(s)://host[:port]',
  parse: (raw) => {
    const origin = parseHttpOrigin(needText(raw));
    if (origin === undefined) {
      throw new OptionProblem(
        `must be the origin of a site, as "https://db1.example.com:8443", not ${shown(raw)}`,
      );
    }
    return origin;
  },
  fromText: (given) => given,
};

/** A node to join through: an IP address or a name, as the membership machine reads it. */
export const bootstrapEntry: Kind<HostPort> = {
  kind: 'host, host:port or host:port@dns_server',
  parse: (raw) => {
    const { host, port, dnsServer } = readBootstrapEntry(needText(raw));
    if (host === 'localhost') return { host: '127.0.0.1', port };
    return dnsServer === undefined
      ? { host, port }
      : { host, port, dnsServer: formatHostPort(dnsServer) };
  },
  fromText: (given) => given,
};

function readBootstrapEntry(given: string): BootstrapEntry {
  try {
    return parseBootstrapEntry(given);
  } catch (error) {
    if (!(error instanceof PatinaError)) throw error;
    const { message, hint } = error;
    const options = hint === undefined ? { cause: error } : { hint: sentence(hint), cause: error };
    throw new OptionProblem(`has a bad entry: ${message}`, options);
  }
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1).replace(/\.$/, '')}.`;
}

/** A list; from an environment variable, a JSON array or items between commas. */
export function listOf<T>(item: Kind<T>, lengthMax: number): Kind<readonly T[]> {
  return {
    kind: `list of ${item.kind}`,
    parse: (raw) => {
      if (!Array.isArray(raw)) throw new OptionProblem(`must be a list, not ${shown(raw)}`);
      if (raw.length > lengthMax) {
        throw new OptionProblem(`has ${raw.length} items, more than ${lengthMax}`);
      }
      return raw.map((entry: unknown) => item.parse(entry));
    },
    fromText: (given) => listFromText(given, item),
  };
}

/** One item, or a list of at least one. */
export function oneOrMore<T>(item: Kind<T>, lengthMax: number): Kind<readonly T[]> {
  const list = listOf(item, lengthMax);
  return {
    kind: `${item.kind}, or a list of them`,
    parse: (raw) => {
      const items = list.parse(Array.isArray(raw) ? raw : [raw]);
      if (items.length === 0) throw new OptionProblem('must not be an empty list');
      return items;
    },
    fromText: list.fromText,
  };
}

/** How a value of the configuration is written in messages and documents. */
export function shown(value: unknown): string {
  if (typeof value === 'bigint') return String(value);
  const json = JSON.stringify(value, (_key, nested: unknown) =>
    typeof nested === 'bigint' ? nested.toString() : nested,
  );
  const text = json ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** Writes milliseconds with the largest unit that fits. */
export function showDuration(ms: number): string {
  for (const [unit, size] of [
    ['d', unitsMs.d],
    ['h', unitsMs.h],
    ['m', unitsMs.m],
    ['s', 1000],
  ] as const) {
    if (ms >= size && ms % size === 0) return `${ms / size} ${unit}`;
  }
  return `${ms} ms`;
}

/** The value of an option in words; secrets stay hidden. */
export function showValue(option: Option<unknown>, value: unknown): string {
  return option.show === undefined ? describeValue(value) : option.show(value);
}

function describeValue(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(describeValue).join(', ')}]`;
  if (value instanceof Secret) return String(value);
  if (isHostPort(value)) return JSON.stringify(formatHostPort(value));
  return shown(value);
}

function isHostPort(value: unknown): value is HostPort {
  return typeof value === 'object' && value !== null && 'host' in value && 'port' in value;
}

function needText(raw: unknown): string {
  if (typeof raw !== 'string') throw new OptionProblem(`must be text, not ${shown(raw)}`);
  if (raw === '') throw new OptionProblem('must not be empty');
  return raw;
}

function numberFromText(given: string): unknown {
  return /^[+-]?\d+(\.\d+)?$/.test(given.trim()) ? Number(given) : given;
}

function durationMs(raw: unknown, unit: 'ms' | 's'): number | undefined {
  if (typeof raw === 'number') return Math.round(raw * unitsMs[unit]);
  const match = typeof raw === 'string' ? /^(\d+(?:\.\d+)?) ?(ms|s|m|h|d)$/.exec(raw) : null;
  const textUnit = match?.[2];
  if (textUnit === undefined || !isUnit(textUnit)) return undefined;
  return Math.round(Number(match?.[1]) * unitsMs[textUnit]);
}

function isUnit(unit: string): unit is keyof typeof unitsMs {
  return Object.hasOwn(unitsMs, unit);
}

function listFromText<T>(given: string, item: Kind<T>): unknown {
  const trimmed = given.trim();
  // An IPv6 address begins with a bracket too, so only a whole JSON array counts as one.
  if (/^\[\s*("|\])/.test(trimmed)) {
    try {
      return JSON.parse(trimmed);
    } catch (error) {
      const message = `must be a JSON array or items between commas, not ${shown(given)}`;
      throw new OptionProblem(message, { cause: error });
    }
  }
  if (trimmed === '') return [];
  return trimmed.split(',').map((entry) => item.fromText(entry.trim()));
}
