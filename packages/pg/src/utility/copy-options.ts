// The options of COPY, with PostgreSQL's defaults, checks and wording (copy.c, ProcessCopyOptions).

import type { DefElem, Node } from 'libpg-query';
import { PgError } from '../pg-error.ts';
import { booleanOption, definitions, names, valueText } from './nodes.ts';
import type { CopyOptions } from './utility-statement.ts';

/** What the options are about. */
export interface CopySubject {
  readonly isFrom: boolean;
  /** Columns that travel, in their order. */
  readonly columns: readonly string[];
  /** The table, with all its columns; undefined for a query. */
  readonly table: { readonly name: string; readonly columns: readonly string[] } | undefined;
  positionOf(location: number | undefined): number | undefined;
}

type Format = CopyOptions['format'];

/** Throws PgError 42601, 22023, 0A000, 42703 as PostgreSQL does. */
export function copyOptions(nodes: readonly Node[] | undefined, subject: CopySubject): CopyOptions {
  const given = givenOptions(nodes, subject);
  const format = formatOf(given.get('format'), subject);
  const header = headerOf(given.get('header'), subject);
  const text = (name: string): string | undefined => {
    const option = given.get(name);
    if (option === undefined) return undefined;
    const value = valueText(option.arg);
    if (value === undefined) throw new PgError('42601', `${name} requires a parameter`);
    return value;
  };
  const delimiter = text('delimiter');
  const nullText = text('null');
  const quote = text('quote');
  const escapeWith = text('escape');
  if (format === 'binary') {
    if (delimiter !== undefined) throw invalid('cannot specify DELIMITER in BINARY mode');
    if (nullText !== undefined) throw invalid('cannot specify NULL in BINARY mode');
    if (given.has('header')) throw unsupported('cannot specify HEADER in BINARY mode');
  }
  checkEncoding(text('encoding'));
  const options: CopyOptions = {
    format,
    delimiter: delimiter ?? (format === 'csv' ? ',' : '\t'),
    nullText: nullText ?? (format === 'csv' ? '' : '\\N'),
    hasHeader: header !== 'off',
    matchesHeader: header === 'match',
    quote: quote ?? '"',
    escape: escapeWith ?? quote ?? '"',
    forceQuote: forced(given.get('force_quote'), subject),
    forceNotNull: forcedList(given.get('force_not_null'), subject),
    forceNull: forcedList(given.get('force_null'), subject),
  };
  checkCharacters(options, quote !== undefined, escapeWith !== undefined);
  checkForced(given, format, subject.isFrom);
  if (options.matchesHeader && !subject.isFrom) {
    throw unsupported('cannot use "match" with HEADER in COPY TO');
  }
  return options;
}

const known: ReadonlySet<string> = new Set([
  'format',
  'freeze',
  'delimiter',
  'null',
  'header',
  'quote',
  'escape',
  'force_quote',
  'force_not_null',
  'force_null',
  'encoding',
]);

function givenOptions(
  nodes: readonly Node[] | undefined,
  subject: CopySubject,
): ReadonlyMap<string, DefElem> {
  const given = new Map<string, DefElem>();
  for (const option of definitions(nodes)) {
    const name = option.defname ?? '';
    const position = subject.positionOf(option.location);
    if (!known.has(name))
      throw new PgError('42601', `option "${name}" not recognized`, { position });
    if (given.has(name))
      throw new PgError('42601', 'conflicting or redundant options', { position });
    if (name === 'freeze' && booleanOption(option, position)) {
      // FREEZE only spares PostgreSQL a later VACUUM.
      if (!subject.isFrom) throw unsupported('cannot specify FREEZE in COPY TO');
    }
    given.set(name, option);
  }
  return given;
}

function formatOf(option: DefElem | undefined, subject: CopySubject): Format {
  const format = option === undefined ? 'text' : valueText(option.arg);
  if (format === 'text' || format === 'csv' || format === 'binary') return format;
  throw new PgError('22023', `COPY format "${format ?? ''}" not recognized`, {
    position: subject.positionOf(option?.location),
  });
}

function headerOf(option: DefElem | undefined, subject: CopySubject): 'off' | 'on' | 'match' {
  if (option === undefined) return 'off';
  if (valueText(option.arg)?.toLowerCase() === 'match') return 'match';
  try {
    return booleanOption(option, undefined) ? 'on' : 'off';
  } catch {
    throw new PgError('42601', 'header requires a Boolean value or "match"', {
      position: subject.positionOf(option.location),
    });
  }
}

function checkEncoding(encoding: string | undefined): void {
  if (encoding === undefined) return;
  if (/^utf-?8$|^unicode$|^sql_ascii$/i.test(encoding)) return;
  throw new PgError('0A000', `COPY with encoding "${encoding}" is not supported`, {
    hint: 'Data travels as UTF-8.',
  });
}

/** Columns of FORCE_QUOTE: numbers from 0, or all. */
function forced(option: DefElem | undefined, subject: CopySubject): readonly number[] | 'all' {
  if (option?.arg !== undefined && 'A_Star' in option.arg) return 'all';
  return forcedList(option, subject);
}

function forcedList(option: DefElem | undefined, subject: CopySubject): readonly number[] {
  if (option === undefined) return [];
  const arg = option.arg;
  if (arg === undefined || !('List' in arg)) {
    throw new PgError(
      '22023',
      `argument to option "${option.defname ?? ''}" must be a list of column names`,
      {
        position: subject.positionOf(option.location),
      },
    );
  }
  return names(arg.List.items).map((name) => {
    const index = subject.columns.indexOf(name);
    if (index >= 0) return index;
    if (subject.table?.columns.includes(name) !== true) {
      const of = subject.table === undefined ? '' : ` of relation "${subject.table.name}"`;
      throw new PgError('42703', `column "${name}"${of} does not exist`);
    }
    const label = (option.defname ?? '').toUpperCase();
    throw new PgError('42P10', `${label} column "${name}" not referenced by COPY`);
  });
}

function checkCharacters(options: CopyOptions, hasQuote: boolean, hasEscape: boolean): void {
  const { format, delimiter, nullText, quote } = options;
  const isCsv = format === 'csv';
  if (Buffer.byteLength(delimiter) !== 1) {
    throw unsupported('COPY delimiter must be a single one-byte character');
  }
  if (/[\r\n]/.test(delimiter)) {
    throw new PgError('22023', 'COPY delimiter cannot be newline or carriage return');
  }
  if (/[\r\n]/.test(nullText)) {
    throw new PgError('22023', 'COPY null representation cannot use newline or carriage return');
  }
  if (!isCsv && /[\\.a-z0-9]/.test(delimiter)) {
    throw new PgError('22023', `COPY delimiter cannot be "${delimiter}"`);
  }
  if (!isCsv && hasQuote) throw unsupported('COPY quote available only in CSV mode');
  if (!isCsv && hasEscape) throw unsupported('COPY escape available only in CSV mode');
  if (isCsv && Buffer.byteLength(quote) !== 1) {
    throw unsupported('COPY quote must be a single one-byte character');
  }
  if (isCsv && Buffer.byteLength(options.escape) !== 1) {
    throw unsupported('COPY escape must be a single one-byte character');
  }
  if (isCsv && delimiter === quote) {
    throw new PgError('22023', 'COPY delimiter and quote must be different');
  }
  if (format !== 'binary' && nullText.includes(delimiter)) {
    throw unsupported('COPY delimiter must not appear in the NULL specification');
  }
  if (isCsv && nullText.includes(quote)) {
    throw unsupported('CSV quote character must not appear in the NULL specification');
  }
}

function checkForced(given: ReadonlyMap<string, DefElem>, format: Format, isFrom: boolean): void {
  const rules = [
    { name: 'force_quote', label: 'force quote', isFrom: false, verb: 'COPY TO' },
    { name: 'force_not_null', label: 'force not null', isFrom: true, verb: 'COPY FROM' },
    { name: 'force_null', label: 'force null', isFrom: true, verb: 'COPY FROM' },
  ];
  for (const rule of rules) {
    if (!given.has(rule.name)) continue;
    if (format !== 'csv') throw unsupported(`COPY ${rule.label} available only in CSV mode`);
    if (isFrom !== rule.isFrom) {
      throw unsupported(`COPY ${rule.label} only available using ${rule.verb}`);
    }
  }
}

function invalid(message: string): PgError {
  return new PgError('42601', message);
}

function unsupported(message: string): PgError {
  return new PgError('0A000', message);
}
