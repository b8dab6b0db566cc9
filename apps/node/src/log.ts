// The log: pino underneath, JSON for machines or one readable line for people, to standard error.
// Values of type Secret print as ***; names that usually hold secrets are masked as well.

import { stripVTControlCharacters } from 'node:util';
import { must } from '@patina/engine/base/assert.ts';
import type { DestinationStream, Logger, LoggerOptions } from 'pino';
import { destination, pino } from 'pino';
import type { Config } from './config/options.ts';

export type LogLevel = Config['log']['level'];

/** Long-lived loggers whose level can be changed afterwards; later ones keep the level they got. */
const trackedMax = 256;

/** Takes each line that is written, as JSON. */
export type LogListener = (jsonLine: string) => void;

interface Family {
  readonly configured: LogLevel;
  readonly children: Logger[];
  readonly listeners: Set<LogListener>;
  level: LogLevel;
}

const families = new WeakMap<Logger, Family>();

/** Builds the log of a node. `stream` replaces standard error, for tests and for the demo. */
export function createLogger(config: Config['log'], stream?: DestinationStream): Logger {
  const children: Logger[] = [];
  const listeners = new Set<LogListener>();
  const colors = config.colors && stream === undefined && process.stderr.isTTY === true;
  // Written at once: a line that explains a crash must not be lost in a buffer.
  const sink = stream ?? destination({ dest: 2, sync: true });
  const options: LoggerOptions = {
    level: config.level,
    base: null,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: secretPaths, censor: '***' },
    onChild: (child) => {
      if (children.length < trackedMax) children.push(child);
    },
  };
  const written = config.format === 'json' ? sink : plaintextStream(sink, colors);
  const logger = pino(options, {
    write(line) {
      written.write(line);
      for (const listener of listeners) listener(line);
    },
  });
  const { level } = config;
  families.set(logger, { configured: level, level, children, listeners });
  return logger;
}

/** The level that a logger of {@link createLogger} writes from. */
export function logLevel(logger: Logger): LogLevel {
  return familyOf(logger).level;
}

/** Tells every line that a logger of {@link createLogger} and its children write; returns the end of it. */
export function listenToLog(logger: Logger, listener: LogListener): () => void {
  const { listeners } = familyOf(logger);
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Changes the level of a logger of {@link createLogger} and of its children. */
export function setLogLevel(logger: Logger, level: LogLevel): void {
  const family = familyOf(logger);
  family.level = level;
  for (const each of [logger, ...family.children]) each.level = level;
}

/** Goes back to the level of the configuration, and returns it. */
export function resetLogLevel(logger: Logger): LogLevel {
  const { configured } = familyOf(logger);
  setLogLevel(logger, configured);
  return configured;
}

function familyOf(logger: Logger): Family {
  return must(families.get(logger), 'the log level belongs to loggers of createLogger');
}

const secretNames = ['token', 'bearerToken', 'bearer-token', 'password', 'authorization', 'cookie'];

const secretPaths = ['', '*.', '*.*.'].flatMap((prefix) =>
  secretNames.map((name) =>
    name.includes('-') ? `${prefix.replace(/\.$/, '')}["${name}"]` : `${prefix}${name}`,
  ),
);

/** Turns pino's JSON lines into lines for people. */
function plaintextStream(sink: DestinationStream, colors: boolean): DestinationStream {
  return { write: (line) => sink.write(`${plaintextLine(line, colors)}\n`) };
}

const levelColors: Readonly<Record<string, number>> = {
  trace: 90,
  debug: 36,
  info: 32,
  warn: 33,
  error: 31,
  fatal: 35,
};

/** Formats one JSON line: time, level, component, message, then the fields as `name=value`. */
export function plaintextLine(jsonLine: string, colors: boolean): string {
  const fields: Record<string, unknown> = JSON.parse(jsonLine);
  const { time, level, msg, component, err, ...rest } = fields;
  const paint = (text: string, color: number): string =>
    colors ? `\u001b[${color}m${text}\u001b[0m` : text;
  const name = String(level);
  const parts = [
    paint(String(time), 90),
    paint(name.toUpperCase().padEnd(5), levelColors[name] ?? 0),
  ];
  if (component !== undefined) parts.push(paint(`${printable(component)}:`, 1));
  if (msg !== undefined) parts.push(printable(msg));
  for (const [key, value] of Object.entries(rest)) {
    parts.push(`${paint(`${printable(key)}=`, 90)}${printable(value)}`);
  }
  const error = errorText(err);
  return error === undefined ? parts.join(' ') : `${parts.join(' ')}\n${error}`;
}

/** An error with its stack, indented below its line. */
function errorText(err: unknown): string | undefined {
  if (typeof err !== 'object' || err === null) return undefined;
  const { stack, message, hint } = {
    stack: undefined,
    message: undefined,
    hint: undefined,
    ...err,
  };
  const text = typeof stack === 'string' ? stack : String(message);
  const advice = typeof hint === 'string' ? `\nhint: ${hint}` : '';
  return `${text}${advice}`
    .split('\n')
    .map((line) => `    ${printable(line)}`)
    .join('\n');
}

/** Text on one line, without anything that a terminal would take as a command. */
function printable(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the purpose.
  return stripVTControlCharacters(text).replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, (character) =>
    character === '\n' ? '\\n' : `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}
