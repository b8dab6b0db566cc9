// What the live process tells the main thread, as frames: a kind, and a payload in the compact binary
// encoding.

import { ByteReader, ByteWriter } from '../../base/bytes.ts';
import {
  decodeError,
  encodeError,
  encodeFrame,
  frameHeaderBytes,
} from '../../storage/reader-protocol.ts';
import type { FromLive, LiveAnswer } from './live-protocol.ts';
import {
  kindOf,
  readExplanation,
  readGroup,
  readList,
  readOptional,
  readQuery,
  readSince,
  readStats,
  readWatchGroup,
  readWatchOpened,
  readWord,
  writeExplanation,
  writeGroup,
  writeList,
  writeOptional,
  writeQuery,
  writeSince,
  writeStats,
  writeWatchGroup,
  writeWatchOpened,
  writeWord,
} from './live-values.ts';

const fromLiveKinds = [
  'ready',
  'start-failed',
  'working',
  'answer',
  'group',
  'watch-group',
  'filled',
  'query-failed',
  'watch-ended',
  'snapshot',
  'rows',
  'snapshot-end',
  'snapshot-failed',
  'totals',
] as const satisfies readonly FromLive['kind'][];

const answerKinds = [
  'query',
  'since',
  'watching',
  'explanation',
  'list',
  'done',
  'refused',
] as const satisfies readonly LiveAnswer['kind'][];

export function encodeFromLive(message: FromLive): Buffer {
  if (message.kind === 'rows') return encodeRows(message.stream, message.count, message.lines);
  const writer = new ByteWriter();
  writeFromLive(writer, message);
  return encodeFrame(fromLiveKinds.indexOf(message.kind), writer.finish());
}

/** Rows go from the state file to the socket without being looked at or copied more than once. */
function encodeRows(stream: number, count: number, lines: Uint8Array): Buffer {
  const head = new ByteWriter(32);
  head.varint(stream);
  head.varint(count);
  const headBytes = head.finish();
  const frame = Buffer.allocUnsafe(frameHeaderBytes + headBytes.length + lines.length);
  frame.writeUInt32LE(headBytes.length + lines.length, 0);
  frame[4] = fromLiveKinds.indexOf('rows');
  frame.set(headBytes, frameHeaderBytes);
  frame.set(lines, frameHeaderBytes + headBytes.length);
  return frame;
}

function writeFromLive(writer: ByteWriter, message: Exclude<FromLive, { kind: 'rows' }>): void {
  switch (message.kind) {
    case 'ready':
    case 'working':
      return;
    case 'start-failed':
      writer.raw(encodeError(message.error));
      return;
    case 'answer':
      writer.varint(message.request);
      writeAnswer(writer, message.answer);
      return;
    case 'group':
      writer.text(message.id);
      writeGroup(writer, message.group);
      return;
    case 'watch-group':
      writer.text(message.watchId);
      writeWatchGroup(writer, message.group);
      return;
    case 'filled':
      writer.text(message.id);
      writer.varint(message.changeId);
      return;
    case 'query-failed':
      writer.text(message.id);
      writer.raw(encodeError(message.error));
      return;
    case 'watch-ended':
      writer.text(message.watchId);
      writer.raw(encodeError(message.error));
      return;
    case 'snapshot':
      writer.varint(message.stream);
      writer.varint(message.changeId);
      return;
    case 'snapshot-end':
      writer.varint(message.stream);
      return;
    case 'snapshot-failed':
      writer.varint(message.stream);
      writer.raw(encodeError(message.error));
      return;
    case 'totals': {
      const { queries, watches, rows, evaluations } = message.totals;
      for (const count of [queries, watches, rows, evaluations]) writer.varint(count);
      return;
    }
  }
}

export function decodeFromLive(kindNumber: number, payload: Uint8Array): FromLive {
  const reader = new ByteReader(payload);
  const message = readFromLive(reader, kindOf(fromLiveKinds, kindNumber));
  reader.end();
  return message;
}

function readFromLive(reader: ByteReader, kind: (typeof fromLiveKinds)[number]): FromLive {
  switch (kind) {
    case 'ready':
    case 'working':
      return { kind };
    case 'start-failed':
      return { kind, error: readError(reader) };
    case 'answer':
      return { kind, request: reader.varint(), answer: readAnswer(reader) };
    case 'group':
      return { kind, id: reader.text(), group: readGroup(reader) };
    case 'watch-group':
      return { kind, watchId: reader.text(), group: readWatchGroup(reader) };
    case 'filled':
      return { kind, id: reader.text(), changeId: reader.varint() };
    case 'query-failed':
      return { kind, id: reader.text(), error: readError(reader) };
    case 'watch-ended':
      return { kind, watchId: reader.text(), error: readError(reader) };
    case 'snapshot':
      return { kind, stream: reader.varint(), changeId: reader.varint() };
    case 'rows':
      return {
        kind,
        stream: reader.varint(),
        count: reader.varint(),
        lines: reader.raw(reader.remaining),
      };
    case 'snapshot-end':
      return { kind, stream: reader.varint() };
    case 'snapshot-failed':
      return { kind, stream: reader.varint(), error: readError(reader) };
    case 'totals':
      return {
        kind,
        totals: {
          queries: reader.varint(),
          watches: reader.varint(),
          rows: reader.varint(),
          evaluations: reader.varint(),
        },
      };
  }
}

/** An error is always the last thing of its message. */
function readError(reader: ByteReader): ReturnType<typeof decodeError> {
  return decodeError(reader.raw(reader.remaining));
}

function writeAnswer(writer: ByteWriter, answer: LiveAnswer): void {
  writeWord(writer, answerKinds, answer.kind);
  switch (answer.kind) {
    case 'query':
      writeOptional(writer, answer.query, writeQuery);
      return;
    case 'since':
      writeSince(writer, answer.since);
      return;
    case 'watching':
      writeWatchOpened(writer, answer.opened);
      writeList(writer, answer.backlog, writeWatchGroup);
      return;
    case 'explanation':
      writeOptional(writer, answer.explanation, writeExplanation);
      return;
    case 'list':
      writeList(writer, answer.queries, writeStats);
      return;
    case 'refused':
      writer.raw(encodeError(answer.error));
      return;
    case 'done':
      return;
  }
}

function readAnswer(reader: ByteReader): LiveAnswer {
  const kind = readWord(reader, answerKinds);
  switch (kind) {
    case 'query':
      return { kind, query: readOptional(reader, readQuery) };
    case 'since':
      return { kind, since: readSince(reader) };
    case 'watching':
      return { kind, opened: readWatchOpened(reader), backlog: readList(reader, readWatchGroup) };
    case 'explanation':
      return { kind, explanation: readOptional(reader, readExplanation) };
    case 'list':
      return { kind, queries: readList(reader, readStats) };
    case 'refused':
      return { kind, error: readError(reader) };
    case 'done':
      return { kind };
  }
}
