// The messages by which one node asks another about itself, on a two-way stream of their own. The asker
// says one Ask; the answer comes in parts and ends with Done, or with Failed at any point. What is asked
// and answered is text to this layer. The kinds begin where those of sync end, so that the first byte
// of a stream tells the two apart; a node that knows no questions ends such a stream as malformed.
//
//   Ask     32, protocol version, time limit in milliseconds, question, body (text)
//   Part    33, bytes of the answer
//   Done    34
//   Failed  35, code, message, hint (texts; an empty hint is none)

import { ByteReader, ByteWriter, malformed } from '../base/bytes.ts';

/** Raised when a message changes its meaning; others are refused by name, not taken for garbage. */
export const askProtocolVersion = 1;

/** The longest message of either side. */
export const askMessageBytesMax = 1024 * 1024;

/** The longest name of a question, and the longest body; the rest of a message is small. */
export const questionBytesMax = 64;
export const askBodyBytesMax = 512 * 1024;

/** Answers are cut into parts of this size, so that they share the connection with other streams. */
export const partBytesMax = 64 * 1024;

/** Longest time limit that is taken. */
export const askTimeLimitMsMax = 600_000;

const codeBytesMax = 64;
const messageBytesMax = 4_096;

export type AskMessage =
  | {
      readonly kind: 'ask';
      readonly protocolVersion: number;
      readonly timeLimitMs: number;
      readonly question: string;
      readonly body: string;
    }
  | { readonly kind: 'part'; readonly bytes: Uint8Array }
  | { readonly kind: 'done' }
  | {
      readonly kind: 'failed';
      readonly code: string;
      readonly message: string;
      readonly hint: string;
    };

const kindBytes = { ask: 32, part: 33, done: 34, failed: 35 } as const;

/** Whether a stream that begins with this message brings a question. */
export function isAsk(first: Uint8Array): boolean {
  return first[0] === kindBytes.ask;
}

export function encodeAskMessage(message: AskMessage): Uint8Array {
  const writer = new ByteWriter(message.kind === 'part' ? message.bytes.length + 8 : undefined);
  writer.u8(kindBytes[message.kind]);
  switch (message.kind) {
    case 'ask':
      writer.varint(message.protocolVersion);
      writer.varint(message.timeLimitMs);
      writer.text(message.question);
      writer.text(message.body);
      break;
    case 'part':
      writer.bytes(message.bytes);
      break;
    case 'done':
      break;
    case 'failed':
      writer.text(cut(message.code, codeBytesMax));
      writer.text(cut(message.message, messageBytesMax));
      writer.text(cut(message.hint, messageBytesMax));
      break;
  }
  return writer.finish();
}

/**
 * Reads one message; the bytes of a part are a view. Throws PATINA_WIRE_MALFORMED. An Ask of another
 * protocol version is read only as far as its version.
 */
export function decodeAskMessage(bytes: Uint8Array): AskMessage {
  if (bytes.length > askMessageBytesMax) throw malformed('a question over its limit');
  const reader = new ByteReader(bytes);
  const message = decodeBody(reader.u8(), reader);
  if (message.kind !== 'ask' || message.protocolVersion === askProtocolVersion) reader.end();
  return message;
}

function decodeBody(kind: number, reader: ByteReader): AskMessage {
  switch (kind) {
    case kindBytes.ask:
      return decodeAsk(reader);
    case kindBytes.part:
      return { kind: 'part', bytes: reader.bytes(partBytesMax) };
    case kindBytes.done:
      return { kind: 'done' };
    case kindBytes.failed:
      return {
        kind: 'failed',
        code: reader.text(codeBytesMax),
        message: reader.text(messageBytesMax),
        hint: reader.text(messageBytesMax),
      };
    default:
      throw malformed(`unknown message ${kind} in place of a question or an answer`);
  }
}

function decodeAsk(reader: ByteReader): AskMessage {
  const protocolVersion = reader.varint();
  if (protocolVersion !== askProtocolVersion) {
    return { kind: 'ask', protocolVersion, timeLimitMs: 0, question: '', body: '' };
  }
  return {
    kind: 'ask',
    protocolVersion,
    timeLimitMs: reader.varintMax(askTimeLimitMsMax, 'time limit'),
    question: reader.text(questionBytesMax),
    body: reader.text(askBodyBytesMax),
  };
}

/** At most so many bytes of UTF-8: no UTF-16 unit takes more than three. */
function cut(text: string, bytesMax: number): string {
  return Buffer.byteLength(text) <= bytesMax ? text : text.slice(0, Math.floor(bytesMax / 3));
}
