// The OpenAPI 3.1 document of the HTTP API, put together from the table of routes, their descriptions
// and the zod schemas, which become shared JSON schemas by their ids.

import { z } from 'zod';
import { type HttpRouteName, httpRouteNames, httpRoutes } from './http-routes.ts';
import { bodyErrors, commonErrors, errorStatuses } from './openapi-errors.ts';
import { operationDescriptions } from './openapi-operations.ts';
import {
  type AnswerDescription,
  type OperationDescription,
  operationTags,
  type ParameterDescription,
} from './openapi-types.ts';
import { errorSchema } from './schemas.ts';

export type JsonSchema = Readonly<Record<string, unknown>>;

export interface OpenApiMedia {
  readonly schema: JsonSchema;
  readonly example?: unknown;
}

export interface OpenApiParameter {
  readonly name: string;
  readonly in: string;
  readonly required: boolean;
  readonly description: string;
  readonly schema: JsonSchema;
  readonly example?: string;
}

export interface OpenApiResponse {
  readonly description: string;
  readonly headers?: Readonly<
    Record<string, { readonly description: string; readonly schema: JsonSchema }>
  >;
  readonly content?: Readonly<Record<string, OpenApiMedia>>;
}

export interface OpenApiOperation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description: string;
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters?: readonly OpenApiParameter[];
  readonly requestBody?: {
    readonly required: boolean;
    readonly content: Readonly<Record<string, OpenApiMedia>>;
  };
  readonly responses: Readonly<Record<string, OpenApiResponse>>;
}

export interface OpenApiDocument {
  readonly openapi: string;
  readonly info: Readonly<Record<string, unknown>>;
  readonly servers: readonly { readonly url: string; readonly description: string }[];
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, JsonSchema>>;
    readonly securitySchemes: Readonly<Record<string, unknown>>;
  };
}

const description = `Every node of a Patina cluster answers this API, for its own copy of the database.

Errors have one form everywhere: \`{"error": sentence, "code": "PATINA_…", "hint": what to do}\`; match on
the code. Ignore fields and kinds of lines that you do not know: more may come. Integers have up to 64
bits and are written as JSON digits: where they may pass 2^53, parse them exactly. Every route takes 128
requests at a time and turns away more with 503 and Retry-After; streams have limits of their own.
Programs in TypeScript can use the client in packages/client, and the tRPC API under /trpc.`;

/** Makes the document for a node of this software version. */
export function openApiDocument(version: string): OpenApiDocument {
  const schemas = new SharedSchemas();
  const paths: Record<string, Record<string, OpenApiOperation>> = {};
  for (const name of httpRouteNames) {
    const { method, path } = httpRoutes[name];
    const operations = paths[path] ?? {};
    operations[method.toLowerCase()] = operation(name, operationDescriptions[name], schemas);
    paths[path] = operations;
  }
  const license = { name: 'Apache-2.0', identifier: 'Apache-2.0' };
  const bearer = {
    type: 'http',
    scheme: 'bearer',
    description:
      'A token of `patina token create`, or that of api.authz.bearer-token. A node that has neither ' +
      'tokens nor users asks for nothing.',
  };
  const session = {
    type: 'apiKey',
    in: 'cookie',
    name: '__Host-patina-session',
    description: 'A session of POST /v1/login; without TLS its name is patina-session.',
  };
  return {
    openapi: '3.1.1',
    info: { title: 'Patina HTTP API', version, summary: 'Replicated SQLite', description, license },
    servers: [{ url: '/', description: 'The node that this document is from.' }],
    tags: Object.entries(operationTags).map(([tag, text]) => ({ name: tag, description: text })),
    paths,
    components: { schemas: schemas.all(), securitySchemes: { bearer, session } },
  };
}

function operation(
  name: HttpRouteName,
  described: OperationDescription,
  schemas: SharedSchemas,
): OpenApiOperation {
  const { tag, summary, parameters = [], body, isOpen } = described;
  return {
    operationId: name,
    tags: [tag],
    summary,
    description: described.description,
    security: isOpen === true ? [] : [{ bearer: [] }, { session: [] }],
    ...(parameters.length === 0
      ? {}
      : { parameters: parameters.map((parameter) => parameterOf(parameter, schemas)) }),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: body.required,
            content: {
              'application/json': { schema: schemas.of(body.schema) },
              ...(body.form === undefined
                ? {}
                : { 'application/x-www-form-urlencoded': { schema: schemas.of(body.form) } }),
            },
          },
        }),
    responses: responsesOf(described, schemas),
  };
}

function parameterOf(parameter: ParameterDescription, schemas: SharedSchemas): OpenApiParameter {
  const { name, in: place, example } = parameter;
  return {
    name,
    in: place,
    required: place === 'path',
    description: parameter.description,
    schema: schemas.of(parameter.schema),
    ...(example === undefined ? {} : { example }),
  };
}

function responsesOf(
  described: OperationDescription,
  schemas: SharedSchemas,
): Record<string, OpenApiResponse> {
  const responses: Record<string, OpenApiResponse> = {
    200: responseOf(described.answer, schemas),
  };
  if (described.isOpen !== true) {
    responses['401'] = {
      description: 'Credentials are missing or wrong. The body is empty.',
      headers: { 'www-authenticate': { description: 'Bearer', schema: { type: 'string' } } },
    };
  }
  const own = described.errorSchema ?? errorSchema;
  const codes = [...commonErrors, ...(described.body === undefined ? [] : bodyErrors)];
  const ownStatuses = new Set(errorStatuses(described.errors).map(([status]) => status));
  for (const [status, text] of errorStatuses([...codes, ...described.errors])) {
    const schema = ownStatuses.has(status) ? own : errorSchema;
    responses[String(status)] = {
      description: text,
      content: { 'application/json': { schema: either(schemas, schema) } },
      ...(status === 503 || status === 429 ? { headers: retryAfter } : {}),
    };
  }
  return responses;
}

/** A status that this and other faults share has either body. */
function either(schemas: SharedSchemas, schema: z.ZodType): JsonSchema {
  if (schema === errorSchema) return schemas.of(schema);
  return { anyOf: [schemas.of(schema), schemas.of(errorSchema)] };
}

const retryAfter = {
  'retry-after': {
    description: 'Seconds after which it may work.',
    schema: { type: 'integer' },
  },
};

function responseOf(answer: AnswerDescription, schemas: SharedSchemas): OpenApiResponse {
  const content: Record<string, OpenApiMedia> = {};
  for (const [type, { schema, example }] of Object.entries(answer.content)) {
    content[type] = { schema: schemas.of(schema), ...(example === undefined ? {} : { example }) };
  }
  const headers = Object.entries(answer.headers ?? {}).map(
    ([header, text]) => [header, { description: text, schema: { type: 'string' } }] as const,
  );
  return {
    description: answer.description,
    ...(headers.length === 0 ? {} : { headers: Object.fromEntries(headers) }),
    content,
  };
}

/** JSON schemas of zod schemas; those with an id are kept once, and referred to. */
class SharedSchemas {
  readonly #byId = new Map<string, JsonSchema>();

  of(schema: z.ZodType): JsonSchema {
    const made = z.toJSONSchema(schema, {
      io: 'input',
      unrepresentable: 'any',
      override: ({ zodSchema, jsonSchema }) => {
        if (zodSchema._zod.def.type === 'bigint') jsonSchema.type = 'integer';
      },
    });
    const { $schema: _dialect, $defs = {}, ...root } = withSharedRefs(made);
    for (const [id, shared] of Object.entries($defs)) this.#byId.set(id, shared);
    return root;
  }

  all(): Record<string, JsonSchema> {
    const sorted = [...this.#byId].sort(([one], [other]) => (one < other ? -1 : 1));
    return Object.fromEntries(sorted);
  }
}

interface RootSchema extends JsonSchema {
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
}

/** The same with references as they are inside an OpenAPI document. */
function withSharedRefs(schema: object): RootSchema {
  return JSON.parse(JSON.stringify(schema), (key, value: unknown) =>
    key === '$ref' && typeof value === 'string'
      ? value.replace('#/$defs/', '#/components/schemas/')
      : value,
  );
}
