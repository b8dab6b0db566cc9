// How an event of a stream is written: as a line of NDJSON, or as an event of text/event-stream. Both
// carry the same JSON, which is put together from texts and never parsed.

export interface StreamFormat {
  readonly headers: Readonly<Record<string, string>>;
  /** What a stream begins with. */
  readonly opening: string;
  /** One event; `id` is where a client can go on after it. */
  event(name: string, json: string, id?: string): string;
  /** The last event of a stream that failed; `json` is the whole error body. */
  error(json: string): string;
  /** Whole lines of `{"row":…}` as they come from the evaluation. */
  rows(lines: Uint8Array): Uint8Array;
  /** A sign of life. */
  heartbeat(json: string): string;
}

/** One JSON object a line, with the name of the event as its only key. */
export const ndjsonFormat: StreamFormat = {
  headers: { 'content-type': 'application/x-ndjson; charset=utf-8', 'cache-control': 'no-store' },
  opening: '',
  event: (name, json) => `{"${name}":${json}}\n`,
  error: (json) => `${json}\n`,
  rows: (lines) => lines,
  heartbeat: (json) => `{"heartbeat":${json}}\n`,
};

/** How long a browser waits before it connects again, milliseconds. */
const retryMs = 1_000;

/** Server-sent events: the name, the value of the NDJSON object, and the cursor as the id. */
export const sseFormat: StreamFormat = {
  headers: {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  },
  opening: `retry: ${retryMs}\n\n`,
  event: (name, json, id) => {
    const idLine = id === undefined ? '' : `id: ${id}\n`;
    return `event: ${name}\n${idLine}data: ${json}\n\n`;
  },
  error: (json) => `event: error\ndata: ${json}\n\n`,
  rows: rowEvents,
  // The comment is for proxies and strict readers, the event for browsers, which hide comments.
  heartbeat: (json) => `: heartbeat\nevent: heartbeat\ndata: ${json}\n\n`,
};

const rowStart = '{"row":';
const rowEnd = '}';

/** In Latin-1 every byte is one character and back, so that the rows need not be decoded. */
function rowEvents(lines: Uint8Array): Uint8Array {
  const text = Buffer.from(lines.buffer, lines.byteOffset, lines.byteLength).toString('latin1');
  let events = '';
  let start = 0;
  while (start < text.length) {
    const newline = text.indexOf('\n', start);
    const end = newline === -1 ? text.length : newline;
    const json = text.slice(start + rowStart.length, end - rowEnd.length);
    events += `event: row\ndata: ${json}\n\n`;
    start = end + 1;
  }
  return Buffer.from(events, 'latin1');
}
