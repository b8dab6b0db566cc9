// How the things that live queries consist of are written to bytes: groups of changes, statistics,
// explanations. The live process writes them, the main thread reads them, never another machine.

import { type ByteReader, type ByteWriter, malformed } from '../../base/bytes.ts';
import type { EngineQuery } from '../engine/engine-types.ts';
import type {
  ChangeGroup,
  ChangeOrigin,
  LiveChange,
  LiveExplanation,
  LiveQueryStats,
  RowNotice,
  WatchGroup,
  WatchOpened,
} from '../live-queries.ts';
import type { ChangesSince } from './live-protocol.ts';

/** Entries of a list at most; anything longer is a broken message. */
const listMax = 50_000_000;

export function writeList<T>(
  writer: ByteWriter,
  items: readonly T[],
  write: (writer: ByteWriter, item: T) => void,
): void {
  writer.varint(items.length);
  for (const item of items) write(writer, item);
}

export function readList<T>(reader: ByteReader, read: (reader: ByteReader) => T): T[] {
  // Each entry takes a byte at least, so a count beyond what is left cannot be true.
  const count = reader.varintMax(Math.min(listMax, reader.remaining), 'list length');
  const items: T[] = [];
  for (let index = 0; index < count; index++) items.push(read(reader));
  return items;
}

const writeText = (writer: ByteWriter, text: string): void => writer.text(text);
const readText = (reader: ByteReader): string => reader.text();

export function writeOptional<T>(
  writer: ByteWriter,
  value: T | undefined,
  write: (writer: ByteWriter, value: T) => void,
): void {
  writer.u8(value === undefined ? 0 : 1);
  if (value !== undefined) write(writer, value);
}

export function readOptional<T>(
  reader: ByteReader,
  read: (reader: ByteReader) => T,
): T | undefined {
  return readFlag(reader) ? read(reader) : undefined;
}

export function writeOptionalText(writer: ByteWriter, text: string | undefined): void {
  writeOptional(writer, text, writeText);
}

export function readOptionalText(reader: ByteReader): string | undefined {
  return readOptional(reader, readText);
}

export function writeFlag(writer: ByteWriter, flag: boolean): void {
  writer.u8(flag ? 1 : 0);
}

export function readFlag(reader: ByteReader): boolean {
  const value = reader.u8();
  if (value > 1) throw malformed(`${value} is no flag`);
  return value === 1;
}

/** One of a few words, by its place in their list. */
export function writeWord<Word extends string>(
  writer: ByteWriter,
  words: readonly Word[],
  word: Word,
): void {
  writer.u8(words.indexOf(word));
}

export function readWord<Word extends string>(reader: ByteReader, words: readonly Word[]): Word {
  const index = reader.u8();
  const word = words[index];
  if (word === undefined) throw malformed(`no word has the number ${index}`);
  return word;
}

/** The kind of a message, by its number. */
export function kindOf<Kind extends string>(kinds: readonly Kind[], number: number): Kind {
  const kind = kinds[number];
  if (kind === undefined) throw malformed(`no message has the kind ${number}`);
  return kind;
}

const changeTypes = ['insert', 'update', 'delete'] as const;
const noticeTypes = ['update', 'delete'] as const;
const evaluationModes = ['key-wise', 'group-wise', 're-run'] as const;
const queryStates = ['filling', 'live', 'failed'] as const;
const engineStates = ['filling', 'live'] as const;
const watchStarts = ['now', 'resumed', 'restarted'] as const;
const reactions = ['keys', 're-run'] as const;
const sinceKinds = ['groups', 'too-old', 'future'] as const;

function writeOrigin(writer: ByteWriter, { actorId, version, hlc }: ChangeOrigin): void {
  writer.actorId(actorId);
  writer.varint(version);
  writer.varint(hlc);
}

function readOrigin(reader: ByteReader): ChangeOrigin {
  return { actorId: reader.actorId(), version: reader.varint(), hlc: reader.varint() };
}

export function writeGroup(writer: ByteWriter, { origins, changes }: ChangeGroup): void {
  writeList(writer, origins, writeOrigin);
  // Ids rise by 1: the first one tells them all.
  writer.varint(changes[0]?.changeId ?? 0);
  writeList(writer, changes, (_writer, change) => {
    writeWord(writer, changeTypes, change.type);
    writer.varint(change.rowId);
    writer.varint(change.position === undefined ? 0 : change.position + 1);
    writer.text(change.cells);
  });
}

export function readGroup(reader: ByteReader): ChangeGroup {
  const origins = readList(reader, readOrigin);
  let changeId = reader.varint();
  const changes = readList(reader, (): LiveChange => {
    const type = readWord(reader, changeTypes);
    const rowId = reader.varint();
    const place = reader.varint();
    const change = { type, rowId, cells: reader.text(), changeId };
    changeId++;
    return place === 0 ? change : { ...change, position: place - 1 };
  });
  return { origins, changes };
}

export function writeSince(writer: ByteWriter, since: ChangesSince): void {
  writeWord(writer, sinceKinds, since.kind);
  if (since.kind === 'groups') writeList(writer, since.groups, writeGroup);
  else writer.varint(since.kind === 'too-old' ? since.minChangeId : since.changeId);
}

export function readSince(reader: ByteReader): ChangesSince {
  const kind = readWord(reader, sinceKinds);
  if (kind === 'groups') return { kind, groups: readList(reader, readGroup) };
  return kind === 'too-old'
    ? { kind, minChangeId: reader.varint() }
    : { kind, changeId: reader.varint() };
}

export function writeWatchGroup(writer: ByteWriter, group: WatchGroup): void {
  writeList(writer, group.origins, writeOrigin);
  writeList(writer, group.notices, (_writer, { type, key, row }) => {
    writeWord(writer, noticeTypes, type);
    writer.text(key);
    writeOptionalText(writer, row);
  });
  writer.text(group.cursor);
}

export function readWatchGroup(reader: ByteReader): WatchGroup {
  return {
    origins: readList(reader, readOrigin),
    notices: readList(
      reader,
      (): RowNotice => ({
        type: readWord(reader, noticeTypes),
        key: reader.text(),
        row: readOptionalText(reader),
      }),
    ),
    cursor: reader.text(),
  };
}

export function writeWatchOpened(writer: ByteWriter, opened: WatchOpened): void {
  writer.text(opened.id);
  writeList(writer, opened.key, writeText);
  writeList(writer, opened.columns, writeText);
  writeWord(writer, watchStarts, opened.start);
  writeOptionalText(writer, opened.reason);
  writer.text(opened.cursor);
}

export function readWatchOpened(reader: ByteReader): WatchOpened {
  return {
    id: reader.text(),
    key: readList(reader, readText),
    columns: readList(reader, readText),
    start: readWord(reader, watchStarts),
    reason: readOptionalText(reader),
    cursor: reader.text(),
  };
}

export function writeQuery(writer: ByteWriter, query: EngineQuery): void {
  writer.text(query.id);
  writer.text(query.hash);
  writeList(writer, query.columns, writeText);
  writeFlag(writer, query.isOrdered);
  writeWord(writer, engineStates, query.state);
  writer.varint(query.changeId);
}

export function readQuery(reader: ByteReader): EngineQuery {
  return {
    id: reader.text(),
    hash: reader.text(),
    columns: readList(reader, readText),
    isOrdered: readFlag(reader),
    state: readWord(reader, engineStates),
    changeId: reader.varint(),
  };
}

export function writeStats(writer: ByteWriter, stats: LiveQueryStats): void {
  writer.text(stats.id);
  writer.text(stats.hash);
  writer.text(stats.sql);
  writeWord(writer, evaluationModes, stats.mode);
  writeWord(writer, queryStates, stats.state);
  const { subscribers, rows, changeId, evaluations, lagged } = stats;
  for (const count of [subscribers, rows, changeId, evaluations, lagged]) writer.varint(count);
  for (const ms of [stats.evaluationMs, stats.costMsPerSecond, stats.createdMs]) writer.f64(ms);
}

export function readStats(reader: ByteReader): LiveQueryStats {
  return {
    id: reader.text(),
    hash: reader.text(),
    sql: reader.text(),
    mode: readWord(reader, evaluationModes),
    state: readWord(reader, queryStates),
    subscribers: reader.varint(),
    rows: reader.varint(),
    changeId: reader.varint(),
    evaluations: reader.varint(),
    lagged: reader.varint(),
    evaluationMs: reader.f64(),
    costMsPerSecond: reader.f64(),
    createdMs: reader.f64(),
  };
}

export function writeExplanation(writer: ByteWriter, explanation: LiveExplanation): void {
  writeWord(writer, evaluationModes, explanation.mode);
  writer.text(explanation.sql);
  writeList(writer, explanation.columns, writeText);
  writeFlag(writer, explanation.isOrdered);
  writeList(writer, explanation.reasons, writeText);
  writeList(writer, explanation.tables, (_writer, { table, columns, reaction }) => {
    writer.text(table);
    writeOptional(writer, columns === 'all' ? undefined : columns, (_same, names) =>
      writeList(writer, names, writeText),
    );
    writeWord(writer, reactions, reaction);
  });
  writeList(writer, explanation.indexedBy, writeText);
  writeList(writer, explanation.queryPlan, writeText);
}

export function readExplanation(reader: ByteReader): LiveExplanation {
  return {
    mode: readWord(reader, evaluationModes),
    sql: reader.text(),
    columns: readList(reader, readText),
    isOrdered: readFlag(reader),
    reasons: readList(reader, readText),
    tables: readList(reader, () => ({
      table: reader.text(),
      columns: readOptional(reader, () => readList(reader, readText)) ?? ('all' as const),
      reaction: readWord(reader, reactions),
    })),
    indexedBy: readList(reader, readText),
    queryPlan: readList(reader, readText),
  };
}
