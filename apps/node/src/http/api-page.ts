// The page at /docs/api: the OpenAPI document as plain HTML, without scripts and without anything from
// another place, so that it works on any node, in any browser and for screen readers.

import type {
  OpenApiDocument,
  OpenApiMedia,
  OpenApiOperation,
  OpenApiParameter,
  OpenApiResponse,
} from '@patina/api/openapi-document.ts';
import { apiPageStyle } from './api-page-style.ts';
import { curlCommand } from './curl-command.ts';
import { blocksHtml, escapeHtml, inlineHtml } from './html.ts';
import { schemaAnchor, schemaHtml } from './schema-text.ts';

interface Listed {
  readonly method: string;
  readonly path: string;
  readonly operation: OpenApiOperation;
}

/** The whole page. */
export function apiPage(document: OpenApiDocument): string {
  const title = String(document.info.title);
  const operations = listOperations(document);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<style>${apiPageStyle}</style>
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<header>
<h1>${escapeHtml(title)}</h1>
<p class="meta">Version ${escapeHtml(String(document.info.version))}, the same as
<a href="/openapi.json">OpenAPI ${escapeHtml(document.openapi)}</a></p>
</header>
<div class="columns">
<nav aria-label="Routes">
${document.tags.map(({ name }) => navGroup(name, operations)).join('\n')}
<h2><a href="#schemas">Schemas</a></h2>
</nav>
<main id="content">
<section aria-label="About this API">
${blocksHtml(String(document.info.description))}
</section>
${document.tags.map((tag) => tagSection(tag, operations, document)).join('\n')}
${schemasSection(document)}
</main>
</div>
</body>
</html>
`;
}

function listOperations(document: OpenApiDocument): Listed[] {
  return Object.entries(document.paths).flatMap(([path, byMethod]) =>
    Object.entries(byMethod).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path,
      operation,
    })),
  );
}

const ofTag = (tag: string, operations: readonly Listed[]): readonly Listed[] =>
  operations.filter(({ operation }) => operation.tags.includes(tag));

function navGroup(tag: string, operations: readonly Listed[]): string {
  const items = ofTag(tag, operations).map(
    ({ operation }) =>
      `<li><a href="#${escapeHtml(operation.operationId)}">${escapeHtml(operation.summary)}</a></li>`,
  );
  return `<h2>${escapeHtml(tag)}</h2>\n<ul>\n${items.join('\n')}\n</ul>`;
}

function tagSection(
  { name, description }: OpenApiDocument['tags'][number],
  operations: readonly Listed[],
  document: OpenApiDocument,
): string {
  const articles = ofTag(name, operations).map((listed) => operationHtml(listed, document));
  return `<section>
<h2>${escapeHtml(name)}</h2>
<p>${inlineHtml(description)}</p>
${articles.join('\n')}
</section>`;
}

function operationHtml(listed: Listed, document: OpenApiDocument): string {
  const { method, path, operation } = listed;
  const id = escapeHtml(operation.operationId);
  const { parameters = [], requestBody } = operation;
  return `<article id="${id}" aria-labelledby="${id}-title">
<h3 id="${id}-title"><a href="#${id}">${escapeHtml(operation.summary)}</a></h3>
<p class="route"><span class="method ${method.toLowerCase()}">${method}</span>
<code>${escapeHtml(path)}</code></p>
${blocksHtml(operation.description)}
${operation.security.length === 0 ? '<p>Needs no token.</p>' : ''}
${parameters.length === 0 ? '' : `<h4>Parameters</h4>\n${parametersHtml(parameters)}`}
${requestBody === undefined ? '' : bodyHtml(requestBody)}
<h4>Try it</h4>
${preHtml(`Command for ${operation.summary}`, escapeHtml(curlCommand(method, path, operation, document)))}
<h4>Answers</h4>
${answersHtml(operation)}
</article>`;
}

function parametersHtml(parameters: readonly OpenApiParameter[]): string {
  const rows = parameters.map(({ name, in: place, required, description, schema }) => {
    const where = `${place}${required ? ', required' : ''}`;
    return `<dt><code>${escapeHtml(name)}</code>
<span class="type">${schemaHtml(schema)}, ${escapeHtml(where)}</span></dt>
<dd>${inlineHtml(description)}</dd>`;
  });
  return `<dl>\n${rows.join('\n')}\n</dl>`;
}

function bodyHtml({ required, content }: NonNullable<OpenApiOperation['requestBody']>): string {
  const title = required ? 'Body' : 'Body, not required';
  return `<h4>${title}</h4>\n${contentHtml(content, 'Type of the body')}`;
}

function answersHtml(operation: OpenApiOperation): string {
  const rows = Object.entries(operation.responses).map(([status, response]) =>
    status === '200' ? successHtml(status, response) : failureHtml(status, response),
  );
  return rows.join('\n');
}

function successHtml(status: string, response: OpenApiResponse): string {
  const headers = Object.entries(response.headers ?? {}).map(
    ([name, { description }]) =>
      `<dt><code>${escapeHtml(name)}</code></dt>\n<dd>${inlineHtml(description)}</dd>`,
  );
  return `<p><span class="status ok">${status}</span> ${inlineHtml(response.description)}</p>
${headers.length === 0 ? '' : `<dl>\n${headers.join('\n')}\n</dl>`}
${contentHtml(response.content ?? {}, 'Type of the answer')}`;
}

/** Errors have one form, so that what differs is their meaning. */
function failureHtml(status: string, response: OpenApiResponse): string {
  return `<details>
<summary><span class="status">${status}</span> ${statusWords[status] ?? 'Failure'}</summary>
${blocksHtml(response.description)}
${contentHtml(response.content ?? {}, `Type of the answer ${status}`)}
</details>`;
}

const statusWords: Readonly<Record<string, string>> = {
  400: 'Bad request',
  401: 'Unauthorized',
  404: 'Not found',
  408: 'Timed out',
  413: 'Body too large',
  415: 'Another media type',
  422: 'Body of another shape',
  429: 'Too many',
  500: 'Fault of the node',
  503: 'Not now',
  504: 'Did not arrive in time',
  507: 'Disk full',
};

function contentHtml(content: Readonly<Record<string, OpenApiMedia>>, label: string): string {
  return Object.entries(content)
    .map(([type, { schema, example }]) => {
      const text = schemaHtml(schema).replace(/^\n/, '');
      const isName = typeof schema.$ref === 'string';
      const about =
        typeof schema.description === 'string' ? ` ${inlineHtml(schema.description)}` : '';
      const shown =
        typeof example === 'string'
          ? preHtml(`Example of ${type}`, escapeHtml(example.trimEnd()))
          : '';
      return `<p class="type"><code>${escapeHtml(type)}</code>${isName ? ` ${text}` : ''}${about}</p>
${isName || text === 'string' ? '' : preHtml(label, text)}${shown}`;
    })
    .join('\n');
}

function schemasSection({ components }: OpenApiDocument): string {
  const articles = Object.entries(components.schemas).map(([name, schema]) => {
    const id = escapeHtml(schemaAnchor(name));
    const { description, examples } = schema;
    const shown = Array.isArray(examples)
      ? examples.map((example) => escapeHtml(JSON.stringify(example))).join('\n')
      : '';
    return `<article id="${id}" aria-labelledby="${id}-title">
<h3 id="${id}-title"><a href="#${id}">${escapeHtml(name)}</a></h3>
${typeof description === 'string' ? blocksHtml(description) : ''}
${preHtml(`Type ${name}`, schemaHtml(schema).replace(/^\n/, ''))}
${shown === '' ? '' : `<h4>Examples</h4>\n${preHtml(`Examples of ${name}`, shown)}`}
</article>`;
  });
  return `<section id="schemas">
<h2>Schemas</h2>
<p>A question mark is after what may be missing, an ellipsis before what may follow.</p>
${articles.join('\n')}
</section>`;
}

/** Wide text scrolls by itself, also by keyboard. */
function preHtml(label: string, html: string): string {
  return `<pre tabindex="0" role="region" aria-label="${escapeHtml(label)}">${html}</pre>`;
}
