// Calls of our functions beside the expressions of PostgreSQL that they stand for. What PostgreSQL 15 answered is
// in answers.jsonl, which record-answers.ts writes.

import type { Example } from './example-templates.ts';
import { intervalInputs } from './interval-examples.ts';
import { arrayExamples, json } from './json-examples.ts';
import { aggregates, arithmetic, numeric } from './number-examples.ts';
import { templateExamples } from './template-examples.ts';
import { input, text } from './text-examples.ts';
import { datetime, formats } from './time-examples.ts';

export const examples: Readonly<Record<string, readonly Example[]>> = {
  numeric,
  input,
  text,
  datetime,
  formats,
  templates: templateExamples,
  intervals: intervalInputs,
  json,
  arrays: arrayExamples,
  aggregates,
  arithmetic,
};
