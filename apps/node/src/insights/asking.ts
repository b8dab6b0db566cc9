// Questions to this node and to others: here they are handed to the handlers at once, elsewhere they go
// over the cluster as JSON. Both ways input and answer are checked against the shapes of the question.

import { parseExactJson, stringifyExactJson } from '@patina/api/exact-json.ts';
import type {
  AskAllLimits,
  AskLimits,
  Insights,
  NodeAnswer,
} from '@patina/api/insights/insights.ts';
import type { QuestionOf } from '@patina/api/insights/questions.ts';
import type { ErrorBody } from '@patina/api/schemas.ts';
import type { ActorId } from '@patina/engine/base/actor-id.ts';
import { asPatinaError, PatinaError } from '@patina/engine/base/errors.ts';
import type { AskClient } from '@patina/engine/drivers/ask-client.ts';
import type { MemberState } from '@patina/engine/membership/record.ts';
import type { PeerAddress } from '@patina/engine/ports.ts';
import { z } from 'zod';

/** Until an answer is here, where the caller sets no limit, milliseconds. */
const answerMsDefault = 5_000;

/** Nodes that are asked at once when all are. */
const atOnceMax = 32;

export interface AnswerContext {
  readonly signal: AbortSignal | undefined;
  readonly timeLimitMs: number;
}

/** A question with what answers it. */
export interface Handler {
  readonly name: string;
  answer(input: unknown, context: AnswerContext): Promise<unknown>;
}

export function handle<TAsked, TInput, TTold, TAnswer>(
  question: QuestionOf<TAsked, TInput, TTold, TAnswer>,
  answer: (input: TInput, context: AnswerContext) => TTold | Promise<TTold>,
): Handler {
  return {
    name: question.name,
    async answer(input, context) {
      const parsed = question.input.safeParse(input);
      if (parsed.success) return answer(parsed.data, context);
      const what = z.prettifyError(parsed.error);
      throw new PatinaError('PATINA_BODY_INVALID', `the input of ${question.name}: ${what}`);
    },
  };
}

export interface KnownMember {
  readonly actorId: ActorId;
  readonly address: PeerAddress;
  readonly state: MemberState;
}

export interface AskingOptions {
  readonly self: () => { readonly actorId: ActorId; readonly address: PeerAddress };
  /** All others, also those that are down. */
  readonly members: () => readonly KnownMember[];
  readonly client: AskClient;
  readonly handlers: readonly Handler[];
}

export interface Asking extends Insights {
  /** Answers a question that came over the cluster. */
  answer(name: string, body: string, context: AnswerContext): Promise<string>;
}

export function createAsking(options: AskingOptions): Asking {
  const { client } = options;
  const handlers = new Map(options.handlers.map((handler) => [handler.name, handler]));

  const handlerOf = (name: string): Handler => {
    const handler = handlers.get(name);
    if (handler !== undefined) return handler;
    throw new PatinaError('PATINA_NOT_FOUND', `this node knows no question ${name}`, {
      hint: 'Bring all nodes to the same version.',
    });
  };

  async function ask<TAsked, TInput, TTold, TAnswer>(
    node: ActorId | undefined,
    question: QuestionOf<TAsked, TInput, TTold, TAnswer>,
    input: TAsked,
    limits: AskLimits = {},
  ): Promise<TAnswer> {
    const { timeoutMs = answerMsDefault, signal } = limits;
    if (node === undefined || node === options.self().actorId) {
      const context = { signal, timeLimitMs: timeoutMs };
      return checked(question, await handlerOf(question.name).answer(input, context));
    }
    const member = options.members().find(({ actorId }) => actorId === node);
    if (member === undefined) throw unknownNode(node);
    return askMember(member, question, input, limits);
  }

  async function askMember<TAsked, TInput, TTold, TAnswer>(
    member: KnownMember,
    question: QuestionOf<TAsked, TInput, TTold, TAnswer>,
    input: TAsked,
    { timeoutMs = answerMsDefault, signal }: AskLimits,
  ): Promise<TAnswer> {
    if (member.state === 'down' || member.state === 'left') throw notThere(member);
    const body = stringifyExactJson(input);
    const text = await client.ask(member.address, question.name, body, { timeoutMs, signal });
    return checked(question, parsed(text));
  }

  async function askAll<TAsked, TInput, TTold, TAnswer>(
    question: QuestionOf<TAsked, TInput, TTold, TAnswer>,
    inputOf: (node: ActorId) => TAsked,
    limits: AskAllLimits = {},
  ): Promise<NodeAnswer<TAnswer>[]> {
    const targets = targetsOf(options, limits.nodes);
    const answers: NodeAnswer<TAnswer>[] = [];
    const one = async (index: number): Promise<void> => {
      const target = targets[index];
      if (target === undefined) return;
      const { actorId, address } = target;
      try {
        const answer = await ask(actorId, question, inputOf(actorId), limits);
        answers[index] = { actor_id: actorId, address, ok: true, answer };
      } catch (error) {
        answers[index] = { actor_id: actorId, address, ok: false, error: errorBody(error) };
      }
    };
    // A few workers take one node after the other.
    let next = 0;
    const work = async (): Promise<void> => {
      while (next < targets.length) await one(next++);
    };
    await Promise.all(Array.from({ length: Math.min(atOnceMax, targets.length) }, work));
    return answers;
  }

  return {
    ask,
    askAll,
    answer: async (name, body, context) =>
      stringifyExactJson(await handlerOf(name).answer(parsed(body), context)),
  };
}

/** This node first, then the others by address; nodes that left are no part of the cluster. */
function targetsOf(
  { self, members }: AskingOptions,
  wanted: readonly ActorId[] | undefined,
): { readonly actorId: ActorId; readonly address: PeerAddress }[] {
  const others = members()
    .filter(({ state }) => state !== 'left')
    .toSorted((a, b) => (a.address < b.address ? -1 : 1));
  const all = [self(), ...others];
  if (wanted === undefined) return all;
  return wanted.map(
    (actorId) => all.find((each) => each.actorId === actorId) ?? { actorId, address: '' },
  );
}

function checked<TAsked, TInput, TTold, TAnswer>(
  question: QuestionOf<TAsked, TInput, TTold, TAnswer>,
  answer: unknown,
): TAnswer {
  const result = question.output.safeParse(answer);
  if (result.success) return result.data;
  const what = z.prettifyError(result.error);
  throw new PatinaError('PATINA_WIRE_MALFORMED', `the answer to ${question.name}: ${what}`, {
    hint: 'Bring all nodes to the same version.',
  });
}

function parsed(text: string): unknown {
  try {
    return parseExactJson(text);
  } catch (cause) {
    throw new PatinaError('PATINA_WIRE_MALFORMED', 'what came over the cluster is no JSON', {
      cause,
    });
  }
}

export function errorBody(cause: unknown): ErrorBody {
  const { code, message, hint } = asPatinaError(cause);
  return { error: message, code, ...(hint === undefined ? {} : { hint }) };
}

function unknownNode(node: ActorId): PatinaError {
  return new PatinaError('PATINA_NOT_FOUND', `there is no member with the actor id ${node}`, {
    hint: 'Look at the list of members.',
  });
}

function notThere({ address, state }: KnownMember): PatinaError {
  return new PatinaError('PATINA_PEER_UNREACHABLE', `the node at ${address} is ${state}`, {
    hint: 'Its last known figures may be at another node.',
  });
}
