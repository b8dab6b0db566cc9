// One question to one node, asked again and again: what changes at a node is followed like this.

import type { ActorId } from '@patina/engine/base/actor-id.ts';
import type { QuestionOf } from '../insights/questions.ts';
import { pause, pollPeriodMs } from '../poll.ts';
import type { ApiContext } from '../procedures.ts';

/** The answer of a node to a question without input, again and again, as one subscription. */
export async function* askAgain<TTold, TAnswer>(
  { service, sessions }: Pick<ApiContext, 'service' | 'sessions'>,
  node: ActorId | undefined,
  question: QuestionOf<Record<string, never>, Record<string, never>, TTold, TAnswer>,
  signal: AbortSignal | undefined,
): AsyncGenerator<TAnswer, void> {
  const end = sessions.beginSubscription();
  try {
    do yield await service.insights.ask(node, question, {}, { signal });
    while (await pause(pollPeriodMs, signal));
  } finally {
    end();
  }
}
