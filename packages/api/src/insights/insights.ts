// Asking nodes about themselves, this one or any other.

import type { ActorId } from '@patina/engine/base/actor-id.ts';
import type { ErrorBody } from '../schemas.ts';
import type { QuestionOf } from './questions.ts';

export interface AskLimits {
  /** Until the answer is here, milliseconds; some seconds where it is not set. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface AskAllLimits extends AskLimits {
  /** Only these; all members where none are named. */
  readonly nodes?: readonly ActorId[] | undefined;
}

/** What became of a question to one of several nodes. */
export type NodeAnswer<A> = {
  readonly actor_id: ActorId;
  readonly address: string;
} & ({ readonly ok: true; readonly answer: A } | { readonly ok: false; readonly error: ErrorBody });

export interface Insights {
  /**
   * Asks one node; undefined is this one. Rejects with PATINA_NOT_FOUND for a node that is no member,
   * with PATINA_PEER_UNREACHABLE or PATINA_WAIT_TIMEOUT when it does not answer.
   */
  ask<TAsked, TInput, TTold, TAnswer>(
    node: ActorId | undefined,
    question: QuestionOf<TAsked, TInput, TTold, TAnswer>,
    input: TAsked,
    limits?: AskLimits,
  ): Promise<TAnswer>;
  /**
   * Asks all members, this node first. Those that do not answer, or are down, come with the reason:
   * it never rejects as a whole.
   */
  askAll<TAsked, TInput, TTold, TAnswer>(
    question: QuestionOf<TAsked, TInput, TTold, TAnswer>,
    inputOf: (node: ActorId) => TAsked,
    limits?: AskAllLimits,
  ): Promise<readonly NodeAnswer<TAnswer>[]>;
}

export interface SchemaStepAnswer {
  readonly kind: string;
  readonly table: string | null;
  readonly name: string;
  readonly sql: string | null;
  readonly destructive: boolean;
}

export interface SchemaPlanAnswer {
  readonly steps: readonly SchemaStepAnswer[];
  /** Why it cannot be run; nothing is run then. */
  readonly problems: readonly {
    readonly code: string;
    readonly message: string;
    readonly hint: string;
  }[];
}

/** Changing the schema of this node. */
export interface SchemaService {
  plan(sql: string, allowDestructive: boolean): Promise<SchemaPlanAnswer>;
  /** Rejects with PATINA_SCHEMA_REFUSED or PATINA_SCHEMA_DESTRUCTIVE, having changed nothing. */
  apply(sql: string, allowDestructive: boolean): Promise<SchemaPlanAnswer>;
}
