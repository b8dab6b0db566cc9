// A command line that asks a route of the API, made from the examples of its document.

import type { OpenApiDocument, OpenApiOperation } from '@patina/api/openapi-document.ts';
import { isRecord } from './html.ts';

/** Where a node listens when it is not told otherwise. */
const origin = 'http://127.0.0.1:8080';

/** The command for one operation, on as many lines as it has parts. */
export function curlCommand(
  method: string,
  path: string,
  operation: OpenApiOperation,
  document: OpenApiDocument,
): string {
  const { parameters = [], requestBody, security, responses } = operation;
  const types = Object.keys(responses['200']?.content ?? {});
  const isStream = types.includes('application/x-ndjson');
  let filled = path;
  for (const { name, in: place, example } of parameters) {
    if (place === 'path') filled = filled.replace(`{${name}}`, encodeURIComponent(example ?? ''));
  }
  const head = ['curl', isStream ? '-N' : '-s', ...(method === 'GET' ? [] : ['-X', method])];
  const parts = [head.join(' ')];
  if (security.length > 0) parts.push('-H "Authorization: Bearer $PATINA_TOKEN"');
  const schema = requestBody?.content['application/json']?.schema;
  if (schema !== undefined) {
    const body = JSON.stringify(exampleOf(schema, document) ?? {});
    parts.push("-H 'Content-Type: application/json'", `-d ${quoted(body)}`);
  }
  parts.push(`${origin}${filled}`);
  return parts.join(parts.length > 2 ? ' \\\n  ' : ' ');
}

/** For a POSIX shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function exampleOf(schema: unknown, document: OpenApiDocument): unknown {
  if (!isRecord(schema)) return undefined;
  const { $ref: ref, examples } = schema;
  if (Array.isArray(examples)) return examples[0];
  if (typeof ref !== 'string') return undefined;
  return exampleOf(document.components.schemas[ref.slice(ref.lastIndexOf('/') + 1)], document);
}
