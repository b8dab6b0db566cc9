// Which node a procedure is about: any member by its actor id, or this node where none is named.

import type { ActorId } from '@patina/engine/base/actor-id.ts';
import { isActorId } from '@patina/engine/base/actor-id.ts';
import { z } from 'zod';

export const nodeIdSchema = z.custom<ActorId>(
  (value) => typeof value === 'string' && isActorId(value),
  'an actor id has 32 lowercase hexadecimal digits',
);

/** `node`: whom to ask. */
export const nodeInputSchema = z.object({ node: nodeIdSchema.optional() });
