// Answers of several nodes, in which those that did not answer come with the reason.

import { z } from 'zod';
import type { NodeAnswer } from '../insights/insights.ts';
import { errorSchema } from '../schemas.ts';
import { nodeIdSchema } from './node-input.ts';

const whoSchema = z.object({ actor_id: nodeIdSchema, address: z.string() });

const failedSchema = whoSchema.extend({ ok: z.literal(false), error: errorSchema });

export function perNodeSchema<T extends z.ZodType>(
  answer: T,
): z.ZodType<NodeAnswer<z.output<T>>, NodeAnswer<z.output<T>>> {
  return z.custom<NodeAnswer<z.output<T>>>((value) => {
    const ok = whoSchema.extend({ ok: z.literal(true), answer });
    return ok.safeParse(value).success || failedSchema.safeParse(value).success;
  });
}
