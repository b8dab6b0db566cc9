// GET /openapi.json and GET /docs/api: what the API is, for programs and for people. Both tell of the
// software and nothing of this node or its data, and a browser sends no bearer token when a person
// opens a page: like the files of the console they need none.

import { createHash } from 'node:crypto';
import type { FastifyReply } from 'fastify';
import manifest from '../../package.json' with { type: 'json' };
import { apiPageStyle } from './api-page-style.ts';

interface ApiDocs {
  readonly json: string;
  readonly page: string;
}

let docs: Promise<ApiDocs> | undefined;

/** The library behind the schemas takes 14 MB: it is loaded for the first who asks. */
function apiDocs(): Promise<ApiDocs> {
  docs ??= Promise.all([import('@patina/api/openapi-document.ts'), import('./api-page.ts')]).then(
    ([{ openApiDocument }, { apiPage }]) => {
      const document = openApiDocument(manifest.version);
      return { json: JSON.stringify(document), page: apiPage(document) };
    },
  );
  return docs;
}

const common = {
  'cache-control': 'no-cache',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
} as const;

/** Answers with the document. */
export async function handleOpenApi(reply: FastifyReply): Promise<FastifyReply> {
  const { json } = await apiDocs();
  return reply.headers({ ...common, 'content-type': 'application/json; charset=utf-8' }).send(json);
}

/** Answers with the page, which may use its own style and nothing else. */
export async function handleApiPage(reply: FastifyReply): Promise<FastifyReply> {
  const { page } = await apiDocs();
  const style = createHash('sha256').update(apiPageStyle).digest('base64');
  const policy = [
    "default-src 'none'",
    `style-src 'sha256-${style}'`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ];
  return reply
    .headers({
      ...common,
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy.join('; '),
      'cross-origin-opener-policy': 'same-origin',
    })
    .send(page);
}
