// A JSON schema as a type that people read at a glance, in HTML: names of shared schemas lead to where
// they are described.

import type { JsonSchema } from '@patina/api/openapi-document.ts';
import { escapeHtml, isRecord } from './html.ts';

/** Where a shared schema is described on the page. */
export function schemaAnchor(name: string): string {
  return `schema-${name}`;
}

/** The type that a schema describes, as HTML for inside a <pre>. */
export function schemaHtml(schema: unknown, indent = ''): string {
  if (!isRecord(schema)) return 'any';
  const { $ref: ref, anyOf, const: constant, enum: words } = schema;
  if (typeof ref === 'string') return reference(ref);
  if (Array.isArray(anyOf)) return unionHtml(anyOf, indent);
  if (constant !== undefined) return escapeHtml(JSON.stringify(constant));
  if (Array.isArray(words))
    return words.map((word) => escapeHtml(JSON.stringify(word))).join(' | ');
  return typeHtml(schema, indent);
}

function reference(ref: string): string {
  const name = ref.slice(ref.lastIndexOf('/') + 1);
  return `<a href="#${schemaAnchor(name)}">${escapeHtml(name)}</a>`;
}

/** Alternatives that are objects stand on lines of their own. */
function unionHtml(alternatives: readonly unknown[], indent: string): string {
  const texts = alternatives.map((alternative) => schemaHtml(alternative, `${indent}  `));
  const isLong = texts.some((text) => text.includes('\n')) || texts.join().length > 100;
  if (!isLong) return texts.join(' | ');
  return texts.map((text) => `\n${indent}| ${text}`).join('');
}

function typeHtml(schema: JsonSchema, indent: string): string {
  const { type } = schema;
  if (Array.isArray(type)) return type.map(String).map(escapeHtml).join(' | ');
  if (type === 'array') return arrayHtml(schema, indent);
  if (type === 'object') return objectHtml(schema, indent);
  return typeof type === 'string' ? escapeHtml(type) : 'any';
}

function arrayHtml({ prefixItems, items }: JsonSchema, indent: string): string {
  if (!Array.isArray(prefixItems)) {
    const item = schemaHtml(items, indent);
    return /[ \n]/.test(item) && !item.startsWith('<a') ? `(${item})[]` : `${item}[]`;
  }
  const parts = prefixItems.map((item) => schemaHtml(item, indent));
  if (isRecord(items)) parts.push(`…${schemaHtml(items, indent)}`);
  return `[${parts.join(', ')}]`;
}

function objectHtml(schema: JsonSchema, indent: string): string {
  const { properties, required, additionalProperties } = schema;
  if (!isRecord(properties)) return `{ [name]: ${schemaHtml(additionalProperties, indent)} }`;
  const needed = new Set(Array.isArray(required) ? required : []);
  const inner = `${indent}  `;
  const lines = Object.entries(properties).map(([name, property]) => {
    const mark = needed.has(name) ? '' : '?';
    const type = schemaHtml(property, inner);
    const text = isRecord(property) ? property.description : undefined;
    const comment = typeof text === 'string' ? commentHtml(text, inner) : '';
    return `${comment}${inner}${escapeHtml(name)}${mark}: ${type}\n`;
  });
  const [only] = lines;
  if (lines.length === 1 && only !== undefined && !only.trimEnd().includes('\n')) {
    return `{ ${only.trim()} }`;
  }
  return `{\n${lines.join('')}${indent}}`;
}

const commentColumns = 76;

/** A description as comment lines that need no scrolling on most screens. */
function commentHtml(text: string, indent: string): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line !== '' && line.length + word.length >= commentColumns) {
      lines.push(line);
      line = '';
    }
    line += line === '' ? word : ` ${word}`;
  }
  lines.push(line);
  return lines
    .map((each) => `${indent}<span class="comment">// ${escapeHtml(each)}</span>\n`)
    .join('');
}
