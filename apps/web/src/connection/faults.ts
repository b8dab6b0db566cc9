// What went wrong, as people should read it: whatever failed becomes one sentence, a hint where there is
// one, and whether it is for lack of rights.

import { TRPCClientError } from '@trpc/client';
import { z } from 'zod';

export interface Fault {
  /** Patina's code, or a word for what never reached a node. */
  readonly code: string;
  readonly text: string;
  readonly hint?: string;
  /** Where in the SQL, counted in characters from 1; only where the node tells. */
  readonly position?: number;
  /** The caller may not do this; trying again is of no use. */
  readonly isForbidden: boolean;
}

const dataSchema = z.object({
  code: z.string(),
  hint: z.string().optional(),
  position: z.number().int().positive().optional(),
});

/** Turns whatever was thrown into a sentence. */
export function faultOf(error: unknown): Fault {
  if (error instanceof TRPCClientError) {
    const data = dataSchema.safeParse(error.data);
    if (data.success) {
      const { code, hint, position } = data.data;
      const fault = said(code, error.message, hint);
      return position === undefined ? fault : { ...fault, position };
    }
    if (error.message.includes('WebSocket closed')) return lost;
    return said('UNKNOWN', error.message);
  }
  if (error instanceof z.ZodError) {
    return said('SHAPE', 'the node answered in a shape that this page does not know', 'Reload it.');
  }
  if (error instanceof DOMException && error.name === 'TimeoutError') {
    return said('TIMEOUT', 'the node did not answer in time');
  }
  // A browser reports every failure to connect as a TypeError without details.
  if (error instanceof TypeError) return said('UNREACHABLE', 'the node can’t be reached');
  return said('UNKNOWN', error instanceof Error ? error.message : String(error));
}

/** The fault of a body of the HTTP API: {"error", "code", "hint"}. */
export function faultOfBody(body: unknown, status: number): Fault {
  const parsed = z
    .object({ error: z.string(), code: z.string().optional(), hint: z.string().nullish() })
    .safeParse(body);
  if (!parsed.success) return said('HTTP', `the node answered with status ${status}`);
  const { code = 'HTTP', error, hint } = parsed.data;
  return said(code, error, hint ?? undefined);
}

const lost: Fault = said(
  'DISCONNECTED',
  'the connection to the node was lost before it answered',
  'It may have done what was asked: look before you try again.',
);

function said(code: string, message: string, hint?: string): Fault {
  const isForbidden = code === 'PATINA_FORBIDDEN' || code === 'PATINA_UNAUTHORIZED';
  return {
    code,
    text: asSentence(message),
    isForbidden,
    ...(hint === undefined ? {} : { hint: asSentence(hint) }),
  };
}

function asSentence(text: string): string {
  const full = /[.!?…]$/.test(text) ? text : `${text}.`;
  return full.charAt(0).toUpperCase() + full.slice(1);
}
