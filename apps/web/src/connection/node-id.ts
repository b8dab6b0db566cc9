// Ids of nodes as procedures take them: from the URL, and from answers, they come as plain text.

import { nodeIdSchema } from '@patina/api/routers/node-input.ts';
import type { z } from 'zod';

export type NodeId = z.infer<typeof nodeIdSchema>;

/** The id in a text; undefined where the text is none. */
export function nodeIdOf(text: string | null | undefined): NodeId | undefined {
  const parsed = nodeIdSchema.safeParse(text);
  return parsed.success ? parsed.data : undefined;
}
