// What OpenAPI says about each route of the HTTP API.

import { z } from 'zod';
import { logInRequestSchema, sessionSchema } from './access/access-shapes.ts';
import type { HttpRouteName } from './http-routes.ts';
import {
  droppedSchema,
  explanationSchema,
  subscriptionEventSchema,
  subscriptionsResponseSchema,
  updatesEventSchema,
  updatesRequestSchema,
} from './live-schemas.ts';
import {
  after,
  details,
  healthParameters,
  heartbeat,
  images,
  ints,
  lastEventId,
  queryId,
  skipRows,
  subscriptionFrom,
  tableName,
  timeout,
  updatesFrom,
  wait,
} from './openapi-parameters.ts';
import type { AnswerDescription, OperationDescription } from './openapi-types.ts';
import {
  exportedRowSchema,
  exportFormSchema,
  exportRequestSchema,
  healthErrorSchema,
  healthResponseSchema,
  lagResponseSchema,
  membersResponseSchema,
  queryEventSchema,
  statementSchema,
  tableStatsRequestSchema,
  tableStatsResponseSchema,
  transactionErrorSchema,
  transactionRequestSchema,
  transactionResponseSchema,
} from './schemas.ts';

const statementBody = { schema: statementSchema, required: true } as const;

const sqlErrors = ['PATINA_SQL_ERROR', 'PATINA_SQL_REFUSED', 'PATINA_SQL_NOT_READONLY'] as const;

const openErrors = [
  'PATINA_CURSOR_INVALID',
  'PATINA_SUBSCRIPTION_LIMIT',
  'PATINA_SUBSCRIPTION_FAILED',
  'PATINA_NOT_READY',
] as const;

const subscriptionStream: AnswerDescription = {
  description:
    'The stream, until either side ends it. When changes after `from` are not kept any more, its only ' +
    'line is an error with the code PATINA_CURSOR_TOO_OLD.',
  headers: {
    'corro-query-id': 'The id of the query: a UUID.',
    'corro-query-hash': '16 hexadecimal digits that stand for its SQL.',
  },
  content: {
    'application/x-ndjson': {
      schema: subscriptionEventSchema,
      example: [
        '{"columns":["sandwich"]}',
        '{"row":[1,["shiitake"]]}',
        '{"eoq":{"time":8e-8,"change_id":0}}',
        '{"change":["insert",2,["peanut butter"],1]}',
        '',
      ].join('\n'),
    },
    'text/event-stream': {
      schema: z
        .string()
        .describe('Always with details. The data of an event is the value of the same line.'),
      example: 'event: change\ndata: ["insert",2,["peanut butter"],1]\n\n',
    },
  },
};

const updatesStream: AnswerDescription = {
  description: 'The stream, until either side ends it.',
  headers: { 'corro-query-id': 'A UUID for this stream.' },
  content: {
    'application/x-ndjson': {
      schema: updatesEventSchema,
      example: '{"notify":["update",["blt"]]}\n{"notify":["delete",["club"]]}\n',
    },
    'text/event-stream': {
      schema: z.string().describe('Always with details.'),
      example: 'event: notify\ndata: ["update",["blt"]]\n\n',
    },
  },
};

const json = (description: string, schema: z.ZodType): AnswerDescription => ({
  description,
  content: { 'application/json': { schema } },
});

const streamText =
  'With `Accept: text/event-stream` the answer is server-sent events: `event` is the key of the line, ' +
  '`data` its value, and `id` a cursor after which a browser goes on by itself. A reader that falls ' +
  'behind by too much gets `lagged` with the cursor to go on from, and one that takes nothing of what ' +
  'waits for it for a minute is cut off.';

const sqlOperations = {
  runTransaction: {
    tag: 'SQL',
    summary: 'Write',
    description:
      'Runs the statements in one transaction: all of them, or none. When it is answered, it is ' +
      'committed here, and on its way to all other nodes.',
    parameters: [timeout('the limit of the node')],
    body: { schema: transactionRequestSchema, required: true },
    answer: json('It is committed.', transactionResponseSchema),
    errors: [
      'PATINA_SQL_ERROR',
      'PATINA_SQL_CONSTRAINT',
      'PATINA_SQL_REFUSED',
      'PATINA_BAD_REQUEST',
      'PATINA_SQL_TIMEOUT',
      'PATINA_CLOCK_DRIFT',
      'PATINA_DISK_FULL',
      'PATINA_DB_READ_ONLY',
      'PATINA_NOT_READY',
    ],
    errorSchema: transactionErrorSchema,
  },
  runQuery: {
    tag: 'SQL',
    summary: 'Read',
    description:
      'Runs one statement that reads, and streams its rows, a line each. An error before the first ' +
      'row has a status of its own; after that it is the last line.',
    parameters: [timeout('60'), ints, after, wait],
    body: statementBody,
    answer: {
      description: 'The rows, as they are found.',
      content: {
        'application/x-ndjson': {
          schema: queryEventSchema,
          example: '{"columns":["sandwich"]}\n{"row":[1,["shiitake"]]}\n{"eoq":{"time":5e-8}}\n',
        },
      },
    },
    errors: [...sqlErrors, 'PATINA_SQL_TIMEOUT', 'PATINA_RESULT_TOO_LARGE', 'PATINA_WAIT_TIMEOUT'],
  },
  exportQuery: {
    tag: 'SQL',
    summary: 'Read into a file',
    description:
      'The rows of one statement that reads, as a file that a browser saves while it comes: by the ' +
      'rules and within the limits of POST /v1/queries. An error before the first row has a status of ' +
      'its own; after that the connection is cut, so that a part is never taken for the whole.\n\n' +
      'CSV is that of RFC 4180, with a header: a BLOB is hexadecimal, NULL is nothing, and empty text ' +
      'is `""`. In JSON a row is an object, a BLOB an array of bytes, and integers have all digits; of ' +
      'columns with one name the second is `name_2`.',
    parameters: [timeout('60')],
    body: { schema: exportRequestSchema, form: exportFormSchema, required: true },
    answer: {
      description: 'The file.',
      headers: { 'content-disposition': 'It is an attachment, with its name.' },
      content: {
        'text/csv; charset=utf-8; header=present': {
          schema: z.string(),
          example: 'sandwich,price\r\n"BLT, large",4.5\r\n',
        },
        'application/json': { schema: z.array(exportedRowSchema) },
        'application/x-ndjson': {
          schema: exportedRowSchema,
          example: '{"sandwich":"BLT, large","price":4.5}\n',
        },
      },
    },
    errors: [...sqlErrors, 'PATINA_SQL_TIMEOUT', 'PATINA_RESULT_TOO_LARGE'],
  },
} as const satisfies Partial<Record<HttpRouteName, OperationDescription>>;

const liveOperations = {
  subscribe: {
    tag: 'Live queries',
    summary: 'Follow a query',
    description:
      'Any SELECT can be followed: its rows first, then what each commit anywhere in the cluster ' +
      `changes in them. Equal statements share one query and its id.\n\n${streamText}`,
    parameters: [subscriptionFrom, skipRows, details, heartbeat, lastEventId],
    body: statementBody,
    answer: subscriptionStream,
    errors: [...sqlErrors, 'PATINA_SUBSCRIPTION_REFUSED', ...openErrors],
  },
  listSubscriptions: {
    tag: 'Live queries',
    summary: 'List live queries',
    description: 'All live queries of this node: what they cost, and who follows them.',
    answer: json('The queries.', subscriptionsResponseSchema),
    errors: ['PATINA_NOT_READY'],
  },
  explainStatement: {
    tag: 'Live queries',
    summary: 'Explain a statement',
    description: 'How this node would keep a query up to date, and why; without opening it.',
    body: statementBody,
    answer: json('The explanation.', explanationSchema),
    errors: [...sqlErrors, 'PATINA_SUBSCRIPTION_REFUSED', 'PATINA_NOT_READY'],
  },
  followSubscription: {
    tag: 'Live queries',
    summary: 'Follow a query again',
    description: `Follows a query that was opened before, by its id.\n\n${streamText}`,
    parameters: [queryId, subscriptionFrom, skipRows, details, heartbeat, lastEventId],
    answer: subscriptionStream,
    errors: ['PATINA_NOT_FOUND', ...openErrors],
  },
  dropSubscription: {
    tag: 'Live queries',
    summary: 'Drop a query',
    description: 'Ends the streams of all who follow the query, and forgets it.',
    parameters: [queryId],
    answer: json('It is dropped.', droppedSchema),
    errors: ['PATINA_NOT_FOUND'],
  },
  explainSubscription: {
    tag: 'Live queries',
    summary: 'Explain a query',
    description: 'How this node keeps an open query up to date, and why that way.',
    parameters: [queryId],
    answer: json('The explanation.', explanationSchema),
    errors: ['PATINA_NOT_FOUND', 'PATINA_NOT_READY'],
  },
  followTable: {
    tag: 'Live queries',
    summary: 'Follow a table',
    description:
      'Tells which rows of a table change, by their keys, as it happens: cheaper than a query where ' +
      `the keys are enough.\n\n${streamText}`,
    parameters: [tableName, updatesFrom, images, details, heartbeat, lastEventId],
    body: { schema: updatesRequestSchema, required: false },
    answer: updatesStream,
    errors: ['PATINA_SQL_ERROR', 'PATINA_SQL_REFUSED', ...openErrors],
  },
} as const satisfies Partial<Record<HttpRouteName, OperationDescription>>;

const nodeOperations = {
  countRows: {
    tag: 'Node',
    summary: 'Count rows',
    description: 'Counts the rows of tables, all together.',
    body: { schema: tableStatsRequestSchema, required: true },
    answer: json('The count.', tableStatsResponseSchema),
    errors: [],
  },
  checkHealth: {
    tag: 'Node',
    summary: 'Health',
    description:
      'The figures of this node; a failure where one is beyond what the parameters accept. For load ' +
      'balancers and alerts.',
    parameters: healthParameters,
    answer: json('Within the limits.', healthResponseSchema),
    errors: ['PATINA_NOT_READY'],
    errorSchema: healthErrorSchema,
  },
  listMembers: {
    tag: 'Node',
    summary: 'Members',
    description: 'The nodes of the cluster as this one sees them.',
    answer: json('The members.', membersResponseSchema),
    errors: [],
  },
  listLag: {
    tag: 'Node',
    summary: 'Lag',
    description: 'What this node knows of and lacks, of each actor.',
    answer: json('The lag.', lagResponseSchema),
    errors: [],
  },
  readMetrics: {
    tag: 'Node',
    summary: 'Metrics',
    description: 'All metrics, in the text format of Prometheus.',
    answer: {
      description: 'The metrics.',
      content: { 'text/plain; version=0.0.4; charset=utf-8': { schema: z.string() } },
    },
    errors: [],
  },
  logIn: {
    tag: 'Access',
    summary: 'Log in',
    description:
      'Begins a session of the console, kept in a cookie that scripts cannot read. Programs send their ' +
      'token with each request instead.',
    body: { schema: logInRequestSchema, required: true },
    answer: {
      ...json('Logged in.', sessionSchema),
      headers: { 'set-cookie': 'The session; it ends when it was idle for 12 hours.' },
    },
    errors: ['PATINA_UNAUTHORIZED', 'PATINA_TOO_MANY_REQUESTS'],
    isOpen: true,
  },
  logOut: {
    tag: 'Access',
    summary: 'Log out',
    description: 'Ends the session of the cookie, if there is one.',
    answer: json('Nobody is logged in.', sessionSchema),
    errors: [],
    isOpen: true,
  },
  readSession: {
    tag: 'Access',
    summary: 'Who am I',
    description: 'Who asks, by token or cookie, and what it may do.',
    answer: json('The session.', sessionSchema),
    errors: ['PATINA_UNAUTHORIZED'],
    isOpen: true,
  },
  readOpenApi: {
    tag: 'API',
    summary: 'This document',
    description: 'The API as an OpenAPI 3.1 document. It tells nothing of the node itself.',
    answer: json('The document.', z.record(z.string(), z.unknown())),
    errors: [],
    isOpen: true,
  },
  readApiPage: {
    tag: 'API',
    summary: 'This document, for people',
    description: 'The same as a page, without scripts.',
    answer: {
      description: 'The page.',
      content: { 'text/html; charset=utf-8': { schema: z.string() } },
    },
    errors: [],
    isOpen: true,
  },
} as const satisfies Partial<Record<HttpRouteName, OperationDescription>>;

export const operationDescriptions: Readonly<Record<HttpRouteName, OperationDescription>> = {
  ...sqlOperations,
  ...liveOperations,
  ...nodeOperations,
};
