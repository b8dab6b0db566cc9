// Takes in request bodies: JSON only, in UTF-8, within a limit for each and one for all together, so
// that many large bodies at once are refused instead of filling the memory.

import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { parseExactJson } from '@patina/api/exact-json.ts';
import { PatinaError } from '@patina/engine/base/errors.ts';

/** Bytes of all bodies that are being received at most. */
export const bodiesBytesMax = 256 * 1024 * 1024;

/** What a route takes. */
export interface BodyLimits {
  readonly bytesMax: number;
  /** No bytes at all are no body, instead of a malformed one. */
  readonly takesEmpty: boolean;
  /** The body is that of a form; it is JSON otherwise. */
  readonly isForm?: boolean;
}

/** The fields of a form, as a page without scripts sends them. */
export class FormFields {
  readonly values: ReadonlyMap<string, string>;

  constructor(values: ReadonlyMap<string, string>) {
    this.values = values;
  }
}

type Done = (error: Error | null, body?: unknown) => void;

/** Receives bodies; one for all routes, since the limit over all is shared. */
export class BodyReader {
  #bytesInFlight = 0;

  /** Collects the body of one request and parses it; calls `done` once. */
  read(payload: IncomingMessage, declaredBytes: number, limits: BodyLimits, done: Done): void {
    const { bytesMax, takesEmpty, isForm = false } = limits;
    if (declaredBytes > bytesMax) {
      done(tooLarge(bytesMax));
      return;
    }
    let chunks: Buffer[] = [];
    let bytes = 0;
    let settled = false;
    const settle = (error: PatinaError | null, body?: unknown): void => {
      if (settled) return;
      settled = true;
      this.#bytesInFlight -= bytes;
      chunks = [];
      done(error, body);
    };
    payload.on('data', (chunk: Buffer) => {
      if (settled) return;
      bytes += chunk.length;
      this.#bytesInFlight += chunk.length;
      chunks.push(chunk);
      if (bytes > bytesMax) settle(tooLarge(bytesMax));
      else if (this.#bytesInFlight > bodiesBytesMax) settle(overloaded());
    });
    payload.on('end', () => {
      if (settled) return;
      if (bytes === 0 && takesEmpty) return settle(null, undefined);
      const parsed = parseBody(chunks, bytes, isForm);
      if (parsed instanceof PatinaError) settle(parsed);
      else settle(null, parsed.value);
    });
    const cut = (): void => {
      if (!settled) settle(cutOff());
    };
    payload.on('error', cut);
    payload.on('close', cut);
  }
}

function parseBody(
  chunks: readonly Buffer[],
  bytes: number,
  isForm: boolean,
): { value: unknown } | PatinaError {
  const [first] = chunks;
  const whole = chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks, bytes);
  if (!isUtf8(whole)) {
    return new PatinaError('PATINA_BAD_REQUEST', 'the body is not valid UTF-8');
  }
  const text = whole.toString('utf8');
  if (isForm) return parseForm(text);
  try {
    return { value: parseExactJson(text) };
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    return new PatinaError('PATINA_BAD_REQUEST', `the body is not valid JSON: ${detail}`, {
      cause,
    });
  }
}

/** Fields of a form at most: no route has as many. */
const formFieldsMax = 100;

function parseForm(text: string): { value: FormFields } | PatinaError {
  const values = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(text)) {
    if (values.has(name) || values.size >= formFieldsMax) {
      return new PatinaError('PATINA_BODY_INVALID', 'the form has a field twice, or too many');
    }
    values.set(name, value);
  }
  return { value: new FormFields(values) };
}

function tooLarge(bytesMax: number): PatinaError {
  return new PatinaError('PATINA_BODY_TOO_LARGE', `the body is larger than ${bytesMax} bytes`, {
    hint: 'split it into several requests',
  });
}

function overloaded(): PatinaError {
  return new PatinaError('PATINA_OVERLOADED', 'too many large requests are being received');
}

function cutOff(): PatinaError {
  return new PatinaError('PATINA_BAD_REQUEST', 'the body was cut off');
}
