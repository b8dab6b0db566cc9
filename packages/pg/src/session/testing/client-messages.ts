// Messages of clients as lines that people read and write: `Bind "p", "s", ["1", null]`. For tests.

/** A message without its arguments is the shortest that the protocol allows. */
export type ClientMessage =
  | readonly ['Startup', Readonly<Record<string, string>>, number?]
  | readonly ['SSLRequest' | 'GSSENCRequest']
  | readonly ['CancelRequest', number, number]
  | readonly ['Query', string]
  | readonly ['Parse', string, string, (readonly number[])?]
  | readonly [
      'Bind',
      string,
      string,
      (readonly (string | null)[])?,
      (readonly number[])?,
      (readonly number[])?,
    ]
  | readonly ['Describe' | 'Close', 'S' | 'P', string]
  | readonly ['Execute', string, number?]
  | readonly ['Sync' | 'Flush' | 'CopyDone' | 'Terminate']
  | readonly ['CopyData' | 'CopyFail' | 'Password', string]
  /** Any bytes, in hexadecimal. */
  | readonly ['Raw', string];

/** The message of a line; throws where the line is none. */
export function parseClientLine(line: string): ClientMessage {
  const [, kind = '', rest = ''] = /^(\w+)\s*(.*)$/.exec(line) ?? [];
  const message: unknown = [kind, ...JSON.parse(`[${rest}]`)];
  if (!isMessage(message)) throw new Error(`no message of a client: ${line}`);
  return message;
}

export function clientLine([kind, ...args]: ClientMessage): string {
  return [kind, args.map((arg) => JSON.stringify(arg)).join(', ')].join(' ').trim();
}

const kinds = new Set(
  [
    'Startup SSLRequest GSSENCRequest CancelRequest Query Parse Bind Describe Close Execute Sync',
    'Flush CopyDone Terminate CopyData CopyFail Password Raw',
  ].flatMap((names) => names.split(' ')),
);

function isMessage(message: unknown): message is ClientMessage {
  return Array.isArray(message) && typeof message[0] === 'string' && kinds.has(message[0]);
}

export function encodeClient(message: ClientMessage): Buffer {
  switch (message[0]) {
    case 'Startup': {
      const [, parameters, version = 196_608] = message;
      const texts = Object.entries(parameters).flat().map(text);
      return untyped(Buffer.concat([int32(version), ...texts, Buffer.from([0])]));
    }
    case 'SSLRequest':
      return untyped(int32(80_877_103));
    case 'GSSENCRequest':
      return untyped(int32(80_877_104));
    case 'CancelRequest':
      return untyped(Buffer.concat([int32(80_877_102), int32(message[1]), int32(message[2])]));
    case 'Query':
      return typed('Q', text(message[1]));
    case 'Parse': {
      const [, name, sql, types = []] = message;
      return typed('P', text(name), text(sql), int16(types.length), ...types.map(int32));
    }
    case 'Bind':
      return bind(message);
    case 'Describe':
    case 'Close':
      return typed(message[0].charAt(0), Buffer.from(message[1]), text(message[2]));
    case 'Execute':
      return typed('E', text(message[1]), int32(message[2] ?? 0));
    case 'CopyData':
      return typed('d', Buffer.from(message[1]));
    case 'CopyFail':
      return typed('f', text(message[1]));
    case 'Password':
      return typed('p', text(message[1]));
    case 'Raw':
      return Buffer.from(message[1], 'hex');
    default:
      return typed({ Sync: 'S', Flush: 'H', CopyDone: 'c', Terminate: 'X' }[message[0]]);
  }
}

function bind(message: Extract<ClientMessage, readonly ['Bind', ...unknown[]]>): Buffer {
  const [, portal, statement, params = [], paramFormats = [], resultFormats = []] = message;
  const values = params.flatMap((value) => {
    if (value === null) return [int32(-1)];
    // Binary values are written in hexadecimal, after \x.
    const bytes = value.startsWith('\\x') ? Buffer.from(value.slice(2), 'hex') : Buffer.from(value);
    return [int32(bytes.length), bytes];
  });
  return typed(
    'B',
    text(portal),
    text(statement),
    int16(paramFormats.length),
    ...paramFormats.map(int16),
    int16(params.length),
    ...values,
    int16(resultFormats.length),
    ...resultFormats.map(int16),
  );
}

function typed(kind: string, ...parts: readonly Buffer[]): Buffer {
  return Buffer.concat([Buffer.from(kind), untyped(Buffer.concat(parts))]);
}

function untyped(body: Buffer): Buffer {
  return Buffer.concat([int32(body.length + 4), body]);
}

function text(value: string): Buffer {
  return Buffer.from(`${value}\0`);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value | 0);
  return bytes;
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}
