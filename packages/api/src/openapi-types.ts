// How a route is described before it becomes OpenAPI: shorter, with schemas as they are used and
// errors by their codes.

import type { ErrorCode } from '@patina/engine/base/errors.ts';
import type { z } from 'zod';

export const operationTags = {
  SQL: 'Reading and writing, a request at a time.',
  'Live queries': 'Queries whose changes are told as they happen.',
  Node: 'The node, its cluster and its health.',
  Access: 'Sessions of the console.',
  API: 'This description.',
} as const;

export interface ParameterDescription {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly description: string;
  readonly schema: z.ZodType;
  /** As it stands in the URL. */
  readonly example?: string;
}

/** What one content type of a body holds. */
export interface ContentDescription {
  readonly schema: z.ZodType;
  /** As it is sent, where that is no JSON document. */
  readonly example?: string;
}

export interface AnswerDescription {
  readonly description: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly content: Readonly<Record<string, ContentDescription>>;
}

export interface OperationDescription {
  readonly tag: keyof typeof operationTags;
  readonly summary: string;
  readonly description: string;
  readonly parameters?: readonly ParameterDescription[];
  readonly body?: {
    readonly schema: z.ZodType;
    readonly required: boolean;
    /** The same as a form, for a page that has no scripts. */
    readonly form?: z.ZodType;
  };
  readonly answer: AnswerDescription;
  /** Beyond those that any route can answer with. */
  readonly errors: readonly ErrorCode[];
  /** The body of the errors listed, where it has more fields than others. */
  readonly errorSchema?: z.ZodType;
  /** No token is needed. */
  readonly isOpen?: boolean;
}
