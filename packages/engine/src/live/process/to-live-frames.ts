// What the main thread tells the live process, as frames: a kind, and a payload in the compact binary
// encoding.

import { ByteReader, ByteWriter } from '../../base/bytes.ts';
import { encodeFrame, readParams, writeParams } from '../../storage/reader-protocol.ts';
import type { EngineLimits } from '../engine/engine-types.ts';
import type { LiveQuestion, ToLive } from './live-protocol.ts';
import {
  kindOf,
  readFlag,
  readOptionalText,
  readWord,
  writeFlag,
  writeOptionalText,
  writeWord,
} from './live-values.ts';

const toLiveKinds = [
  'configure',
  'begin',
  'wake',
  'question',
  'detach',
  'unwatch',
  'open-snapshot',
  'credit',
  'close-snapshot',
  'close',
] as const satisfies readonly ToLive['kind'][];

const questionKinds = [
  'subscribe',
  'lookup',
  'attach',
  'since',
  'watch',
  'explain',
  'explain-query',
  'list',
  'drop',
] as const satisfies readonly LiveQuestion['kind'][];

const limitNames = [
  'queriesMax',
  'queryRowsMax',
  'rowsMax',
  'rerunRowsMax',
  'changesMax',
  'snapshotChangesMax',
] as const satisfies readonly (keyof EngineLimits)[];

export function encodeToLive(message: ToLive): Buffer {
  const writer = new ByteWriter(64);
  writeToLive(writer, message);
  return encodeFrame(toLiveKinds.indexOf(message.kind), writer.finish());
}

function writeToLive(writer: ByteWriter, message: ToLive): void {
  switch (message.kind) {
    case 'configure': {
      const { databasePath, statePath, limits, statementMsMax } = message.configuration;
      writer.text(databasePath);
      writer.text(statePath);
      for (const name of limitNames) writer.varint(limits[name]);
      writer.f64(statementMsMax);
      return;
    }
    case 'question':
      writer.varint(message.request);
      writeQuestion(writer, message.question);
      return;
    case 'detach':
      writer.text(message.id);
      return;
    case 'unwatch':
      writer.text(message.watchId);
      return;
    case 'open-snapshot':
      writer.varint(message.stream);
      writer.text(message.id);
      return;
    case 'credit':
      writer.varint(message.stream);
      writer.varint(message.pages);
      return;
    case 'close-snapshot':
      writer.varint(message.stream);
      return;
    case 'begin':
    case 'wake':
    case 'close':
      return;
  }
}

export function decodeToLive(kindNumber: number, payload: Uint8Array): ToLive {
  const reader = new ByteReader(payload);
  const message = readToLive(reader, kindOf(toLiveKinds, kindNumber));
  reader.end();
  return message;
}

function readToLive(reader: ByteReader, kind: (typeof toLiveKinds)[number]): ToLive {
  switch (kind) {
    case 'configure':
      return {
        kind,
        configuration: {
          databasePath: reader.text(),
          statePath: reader.text(),
          limits: readLimits(reader),
          statementMsMax: reader.f64(),
        },
      };
    case 'question':
      return { kind, request: reader.varint(), question: readQuestion(reader) };
    case 'detach':
      return { kind, id: reader.text() };
    case 'unwatch':
      return { kind, watchId: reader.text() };
    case 'open-snapshot':
      return { kind, stream: reader.varint(), id: reader.text() };
    case 'credit':
      return { kind, stream: reader.varint(), pages: reader.varint() };
    case 'close-snapshot':
      return { kind, stream: reader.varint() };
    case 'begin':
    case 'wake':
    case 'close':
      return { kind };
  }
}

function readLimits(reader: ByteReader): EngineLimits {
  return {
    queriesMax: reader.varint(),
    queryRowsMax: reader.varint(),
    rowsMax: reader.varint(),
    rerunRowsMax: reader.varint(),
    changesMax: reader.varint(),
    snapshotChangesMax: reader.varint(),
  };
}

function writeQuestion(writer: ByteWriter, question: LiveQuestion): void {
  writeWord(writer, questionKinds, question.kind);
  switch (question.kind) {
    case 'subscribe':
    case 'lookup':
      writer.text(question.query.sql);
      writeParams(writer, question.query.params);
      writer.text(question.query.role);
      return;
    case 'since':
      writer.text(question.id);
      writer.varint(question.changeId);
      return;
    case 'watch': {
      const { watchId, table, from, filter, images } = question.watch;
      writer.text(watchId);
      writer.text(table);
      writeOptionalText(writer, from);
      writeOptionalText(writer, filter);
      writeFlag(writer, images);
      return;
    }
    case 'explain':
      writer.text(question.query.sql);
      writeParams(writer, question.query.params);
      return;
    case 'attach':
    case 'explain-query':
    case 'drop':
      writer.text(question.id);
      return;
    case 'list':
      return;
  }
}

function readQuestion(reader: ByteReader): LiveQuestion {
  const kind = readWord(reader, questionKinds);
  switch (kind) {
    case 'subscribe':
    case 'lookup':
      return {
        kind,
        query: { sql: reader.text(), params: readParams(reader), role: reader.text() },
      };
    case 'since':
      return { kind, id: reader.text(), changeId: reader.varint() };
    case 'watch':
      return {
        kind,
        watch: {
          watchId: reader.text(),
          table: reader.text(),
          from: readOptionalText(reader),
          filter: readOptionalText(reader),
          images: readFlag(reader),
        },
      };
    case 'explain':
      return { kind, query: { sql: reader.text(), params: readParams(reader) } };
    case 'attach':
    case 'explain-query':
    case 'drop':
      return { kind, id: reader.text() };
    case 'list':
      return { kind };
  }
}
