// Answers are checked, and every way to fail becomes a sentence that says what to do or what
// happened.

import { afterEach, expect, test, vi } from 'vitest';
import { failureText, fetchHealth, fetchLag, fetchMembers } from './node-api.ts';

afterEach(() => {
  vi.unstubAllGlobals();
});

/** Makes the node answer every request with this, and returns the paths that were asked for. */
function answerWith(body: unknown, status = 200): string[] {
  const asked: string[] = [];
  vi.stubGlobal('fetch', (path: string) => {
    asked.push(path);
    return Promise.resolve(new Response(JSON.stringify(body), { status }));
  });
  return asked;
}

const signal = new AbortController().signal;

async function failureOf(request: Promise<unknown>): Promise<string> {
  const error: unknown = await request.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof Error)) throw new Error('The request did not fail.');
  return failureText(error);
}

test('the figures are taken out of the answers', async () => {
  const asked = answerWith({ lag: [{ actor_id: 'a', head: 3, versions: 1, ms: 0.5 }] });
  expect(await fetchLag(signal)).toEqual([{ actor_id: 'a', head: 3, versions: 1, ms: 0.5 }]);
  answerWith({ members: [] });
  expect(await fetchMembers(signal)).toEqual([]);
  const health = { gaps: 0, members: 3, p99_lag: null, queue_size: 0 };
  answerWith({ response: health });
  expect(await fetchHealth(signal)).toEqual(health);
  expect(asked).toEqual(['/v1/lag']);
});

test('an answer of another shape is a failure, not a figure', async () => {
  answerWith({ lag: [{ actor_id: 'a', head: 'three', versions: 1, ms: 0 }] });
  expect(await failureOf(fetchLag(signal))).toContain('a shape that this page does not know');
});

test('a refusal is told in the words of the node', async () => {
  answerWith({ error: 'the node is shutting down', code: 'PATINA_SHUTTING_DOWN' }, 503);
  expect(await failureOf(fetchHealth(signal))).toBe('The node is shutting down.');
  answerWith('not found', 404);
  expect(await failureOf(fetchHealth(signal))).toBe('The node answered with status 404.');
});

test('a node that is not there, or does not answer, is told apart', () => {
  expect(failureText(new TypeError('Failed to fetch'))).toBe('The node can’t be reached.');
  const late = new DOMException('The operation timed out.', 'TimeoutError');
  expect(failureText(late)).toBe('The node did not answer within 5 seconds.');
});
