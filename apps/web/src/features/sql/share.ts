// A query as a link: text, parameters and target, deflated into the part of the URL after `#`, which browsers
// send to no one.

import { deflateSync, inflateSync, strFromU8, strToU8 } from 'fflate';
import { z } from 'zod';
import { textCharsMax } from './editor-tabs.ts';
import { typedValueSchema } from './parameter-values.ts';

/** Longer links are cut by programs that pass them on. */
export const linkCharsMax = 30_000;
/** What a link may hold when it is unpacked: a hostile one must not fill the memory. */
const unpackedBytesMax = 4 * textCharsMax;

const field = 'q';

const sharedSchema = z.object({
  name: z.string().max(80).default(''),
  sql: z.string().min(1).max(textCharsMax),
  values: z.record(z.string(), typedValueSchema).default({}),
  target: z.string().max(64).default('self'),
});

export type SharedQuery = z.infer<typeof sharedSchema>;

/** What stands after `#`; undefined where the query is too long for a link. */
export function shareText(query: SharedQuery): string | undefined {
  const bytes = deflateSync(strToU8(JSON.stringify(query)), { level: 9 });
  const text = `${field}=${base64Of(bytes)}`;
  return text.length > linkCharsMax ? undefined : text;
}

/** The query of a link; undefined where there is none, or it can't be read. */
export function sharedQuery(hash: string): SharedQuery | undefined {
  const text = new RegExp(`^#?${field}=([\\w-]+)$`).exec(hash)?.[1];
  if (text === undefined || text.length > linkCharsMax) return undefined;
  try {
    // The room is given beforehand, so that no more is unpacked than fits.
    const bytes = inflateSync(bytesOf(text), { out: new Uint8Array(unpackedBytesMax) });
    const parsed = sharedSchema.safeParse(JSON.parse(strFromU8(bytes)));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

/** Of the alphabet that URLs may hold as it is. */
function base64Of(bytes: Uint8Array): string {
  const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

function bytesOf(text: string): Uint8Array {
  const plain = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(plain, (character) => character.charCodeAt(0));
}
