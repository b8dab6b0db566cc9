// What PostgreSQL 15 answered to the expressions of the examples: answers.jsonl, a line for each family.

import { readFileSync } from 'node:fs';

/** Texts, NULL, or `! SQLSTATE words` by expression. */
export function readAnswers(): ReadonlyMap<string, string | null> {
  const file = new URL('./answers.jsonl', import.meta.url);
  const answers = new Map<string, string | null>();
  for (const line of readFileSync(file, 'utf8').trim().split('\n')) {
    const parsed: unknown = JSON.parse(line);
    const family =
      typeof parsed === 'object' && parsed !== null && 'answers' in parsed ? parsed.answers : {};
    for (const [expression, answer] of Object.entries(family ?? {})) {
      answers.set(expression, typeof answer === 'string' ? answer : null);
    }
  }
  return answers;
}
