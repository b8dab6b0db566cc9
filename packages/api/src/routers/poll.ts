// Follows what other nodes record by asking again and again: an answer that comes late delays the next
// question, so that a slow node is never asked for more at once.

import type { ActorId } from '@patina/engine/base/actor-id.ts';
import type { QuestionOf } from '../insights/questions.ts';
import type { ApiContext } from '../procedures.ts';

/** Between two questions, milliseconds. */
export const pollPeriodMs = 1_000;

/** Resolves after this time, or at once when the signal is aborted; true while it is not. */
export function pause(ms: number, signal: AbortSignal | undefined): Promise<boolean> {
  if (signal?.aborted === true) return Promise.resolve(false);
  return new Promise((resolve) => {
    const timer = setTimeout(end, ms);
    function end(): void {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve(signal?.aborted !== true);
    }
    signal?.addEventListener('abort', end);
  });
}

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
