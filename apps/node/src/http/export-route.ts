// POST /v1/export: the rows of one read-only statement as a file that a browser saves while it comes. A plain form
// can ask for it, so that no script has to hold the file.

import { parseExactJson } from '@patina/api/exact-json.ts';
import type { PatinaService, QuerySink } from '@patina/api/service.ts';
import { decodeStatement, type Statement } from '@patina/api/statement.ts';
import { asPatinaError, PatinaError } from '@patina/engine/base/errors.ts';
import type { FastifyReply } from 'fastify';
import { FormFields } from './body-reader.ts';
import { type ExportFormatName, type ExportWriter, exportFormatByName } from './export-format.ts';
import { isRecord } from './html.ts';
import { StreamedAnswer } from './streamed-answer.ts';
import { queryTimeoutMsDefault, timeoutParameter, type UrlQuery } from './url-parameters.ts';

/** Characters of the name of a file at most; systems take 255 bytes. */
const fileNameCharsMax = 60;

/** Runs the query in `body` and answers with the file. */
export async function handleExport(
  service: PatinaService,
  query: UrlQuery,
  body: unknown,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  const { statement, format, fileName } = decodeExport(body);
  const { contentType, write } = exportFormatByName[format];
  const answer = new StreamedAnswer(reply, {
    'content-type': contentType,
    'content-disposition': disposition(fileName, format),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  const file = write();
  try {
    const request = {
      statement,
      timeoutMs: timeoutParameter(query, queryTimeoutMsDefault),
      intsAsStrings: false,
      signal: gone.signal,
    };
    await service.query(request, sinkOf(file, answer));
    return answer.end(file.end());
  } catch (error) {
    // A file has no place for an error.
    return answer.hasStarted ? answer.cut() : answer.refuse(asPatinaError(error));
  }
}

/** Bytes of a result that are written at once: a large row is not written while everybody else waits. */
const sliceBytes = 64 * 1024;

function sinkOf(file: ExportWriter, answer: StreamedAnswer): QuerySink {
  return {
    onHead: (columns) => answer.hold(file.head(columns)),
    onRows: (bytes) =>
      bytes.length <= sliceBytes ? answer.add(file.rows(bytes)) : addSlices(bytes, file, answer),
  };
}

async function addSlices(
  bytes: Uint8Array,
  file: ExportWriter,
  answer: StreamedAnswer,
): Promise<void> {
  for (let start = 0; start < bytes.length; start += sliceBytes) {
    const taken = answer.add(file.rows(bytes.subarray(start, start + sliceBytes)));
    await (taken ?? new Promise((resolve) => setImmediate(resolve)));
  }
}

interface ExportRequest {
  readonly statement: Statement;
  readonly format: ExportFormatName;
  readonly fileName: string;
}

const fieldNames: ReadonlySet<string> = new Set(['sql', 'params', 'format', 'file_name']);

function decodeExport(body: unknown): ExportRequest {
  const fields = body instanceof FormFields ? fieldsOf(body) : body;
  if (!isRecord(fields)) throw invalid('an object or a form is expected');
  for (const name of Object.keys(fields)) {
    if (!fieldNames.has(name)) throw invalid(`there is no field ${name}`);
  }
  const { sql, params, format, file_name: fileName = 'export' } = fields;
  if (typeof sql !== 'string') throw invalid('sql is the text of a statement');
  if (!isFormat(format)) throw invalid('format is csv, json or ndjson');
  if (typeof fileName !== 'string') throw invalid('file_name is text');
  return { statement: decodeStatement(statementOf(sql, params)), format, fileName };
}

/** Browsers write every line break of a form as CR LF, also those within texts of SQL. */
function fieldsOf({ values }: FormFields): Record<string, unknown> {
  const fields: Record<string, unknown> = Object.fromEntries(values);
  const { sql, params } = fields;
  if (typeof sql === 'string') fields['sql'] = sql.replaceAll('\r\n', '\n');
  if (typeof params !== 'string') return fields;
  try {
    fields['params'] = params.trim() === '' ? null : parseExactJson(params);
  } catch {
    throw invalid('params is no JSON');
  }
  return fields;
}

function statementOf(sql: string, params: unknown): unknown {
  if (params === undefined || params === null) return sql;
  if (Array.isArray(params)) return { query: sql, params };
  if (isRecord(params)) return { query: sql, named_params: params };
  throw invalid('params is an array or an object');
}

function isFormat(value: unknown): value is ExportFormatName {
  return typeof value === 'string' && Object.hasOwn(exportFormatByName, value);
}

function invalid(what: string): PatinaError {
  return new PatinaError('PATINA_BODY_INVALID', `the body: ${what}`, {
    hint: 'send {"sql": "SELECT …", "format": "csv"}, and params and file_name where they are needed',
  });
}

/** Characters that file systems, shells or readers of names take for something else. */
const oddCharacters = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}<>:"/\\|?*]/gu;

/** The header that makes it a file of this name, in the older form and in that of RFC 6266. */
function disposition(fileName: string, format: ExportFormatName): string {
  const extension = `.${format}`;
  const stem = fileName.endsWith(extension) ? fileName.slice(0, -extension.length) : fileName;
  const plain = [...stem.toWellFormed().replaceAll(oddCharacters, '_')]
    .slice(0, fileNameCharsMax)
    .join('')
    .replaceAll(/^[.\s]+|[.\s]+$/g, '');
  const name = `${plain === '' ? 'export' : plain}${extension}`;
  const ascii = name.replaceAll(/[^\x20-\x7e]|[%;']/g, '_');
  const encoded = encodeURIComponent(name).replaceAll(
    /['()*]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}
