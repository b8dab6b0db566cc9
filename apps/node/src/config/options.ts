// The one table of options. TOML keys, environment names, command line flags, types, validation and
// docs/configuration.md are all derived from it; nothing about an option is written anywhere else.
// Keys have the names and meanings of Corrosion's configuration wherever it has them.

import { gossipPortDefault } from '@patina/engine/membership/bootstrap.ts';
import type { Kind, Option, RequiredOption } from './option.ts';
import {
  bootstrapEntry,
  duration,
  flag,
  httpOrigin,
  integer,
  ipAddress,
  listOf,
  oneOf,
  oneOrMore,
  optional,
  path,
  required,
  secret,
  text,
  withDefault,
} from './option.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const addressesMax = 16;
const bootstrapMax = 256;
const schemaPathsMax = 256;
const namesMax = 256;

/** KiB of page cache. SQLite writes KiB with a minus sign; both signs mean the same here. */
const cacheKib: Kind<number> = {
  ...integer({ min: -64 * 1024 * 1024, max: 64 * 1024 * 1024 }),
  kind: 'integer, KiB',
  parse: (raw) => Math.abs(integer({ min: -64 * 1024 * 1024, max: 64 * 1024 * 1024 }).parse(raw)),
};

const db = {
  path: required(path, {
    doc: ['The SQLite database file. It is made when it does not exist; its directory must.'],
    flag: 'db-path',
  }),
  schemaPaths: withDefault(listOf(path, schemaPathsMax), [], {
    doc: [
      'Files, or directories of `.sql` files, that declare the schema. They are applied at start',
      'and by `patina reload`.',
    ],
  }),
  synchronous: withDefault(oneOf(['normal', 'full']), 'normal', {
    doc: [
      'How far an acknowledged write is safe: `normal` survives the death of the process, `full`',
      'a power cut as well, at the price of a disk flush for every group of writes. Patina only.',
    ],
  }),
  cacheSizeKib: withDefault(cacheKib, 65_536, {
    doc: [
      'Page cache of the write connection, in KiB. The sign is ignored. Larger helps when hot',
      'pages do not fit; it is memory of the process.',
    ],
  }),
  subscriptionsPath: optional(path, {
    doc: [
      'The directory in which live queries are kept over a restart. It belongs to this node alone,',
      'and may be deleted while the node is stopped: subscribers then begin with a snapshot.',
    ],
    shownDefault: '`subscriptions` in the directory of the database',
  }),
};

const rowsLimitMax = 1_000_000_000;
const subscriptionsLimitMax = 1_000_000;

const subscriptions = {
  subscriptionsMax: withDefault(integer({ min: 0, max: subscriptionsLimitMax }), 10_000, {
    doc: ['Subscriptions that this node serves at once, of queries and of tables.'],
  }),
  perClientMax: withDefault(integer({ min: 0, max: subscriptionsLimitMax }), 1_000, {
    doc: ['Subscriptions that one client may have at once.'],
  }),
  queriesMax: withDefault(integer({ min: 0, max: subscriptionsLimitMax }), 10_000, {
    doc: ['Different queries that are kept at once; equal ones share what is kept.'],
  }),
  queryRowsMax: withDefault(integer({ min: 1, max: rowsLimitMax }), 1_000_000, {
    doc: ['Rows that are kept for one query. They are on disk, with the rows they are made of.'],
  }),
  rowsMax: withDefault(integer({ min: 1, max: rowsLimitMax }), 10_000_000, {
    doc: ['Rows that are kept for all queries together.'],
  }),
  rerunRowsMax: withDefault(integer({ min: 1, max: rowsLimitMax }), 200_000, {
    doc: [
      'Rows of a query that has to be run again whole at a change. They are compared in memory, so',
      'this bounds what one such query may use.',
    ],
  }),
  changesMax: withDefault(integer({ min: 1, max: rowsLimitMax }), 10_000, {
    doc: ['Changes of one query that are kept for those who resume.'],
  }),
  unusedAfterMs: withDefault(duration('s', { minMs: 1_000, maxMs: 365 * dayMs }), '10m', {
    doc: ['A query that nobody follows is forgotten after this time.'],
    key: 'unused_after',
  }),
  statementTimeoutMs: withDefault(duration('s', { minMs: 100, maxMs: hourMs }), 15, {
    doc: ['A query of which one evaluation takes longer is ended, with an error.'],
    key: 'statement_timeout',
  }),
};

const api = {
  addr: withDefault(oneOrMore(ipAddress, addressesMax), '127.0.0.1:8080', {
    doc: [
      'Where the HTTP API listens. Anything but loopback needs credentials (`api.authz.bearer-token` or',
      '`access.required`) and TLS (`api.tls`).',
    ],
    aliases: ['api.bind_addr'],
    flag: 'api-addr',
  }),
  tls: {
    certFile: optional(path, {
      doc: [
        'Certificate of the HTTP API, PEM, with its chain. It is read again when the file changes, at',
        '`patina reload`, and at SIGHUP. Patina only.',
      ],
    }),
    keyFile: optional(path, { doc: ['Private key of that certificate, PEM. Patina only.'] }),
  },
  plaintext: withDefault(flag, false, {
    doc: [
      'Allows plain HTTP beyond this machine: for networks that encrypt by themselves, and behind a',
      'proxy that adds TLS. Credentials are needed all the same. Patina only.',
    ],
  }),
  allowedHosts: withDefault(listOf(text, namesMax), [], {
    doc: [
      'DNS names by which browsers reach this node. Requests by any other name are refused, unless they',
      'carry a token; addresses and `localhost` always work. Patina only.',
    ],
  }),
  publicUrl: optional(httpOrigin, {
    doc: [
      'The origin by which browsers reach the HTTP API of this node, such as `https://db1.example.com`. The',
      'consoles of other nodes go on there when their own node dies. Without it the first of `api.addr` is',
      'told, where that is one address and not all. Patina only.',
    ],
  }),
  allowedOrigins: withDefault(listOf(httpOrigin, namesMax), [], {
    doc: [
      'Further origins whose pages may use the API with the session of whoever looks at them. Those of',
      'the other nodes are trusted already. Patina only.',
    ],
  }),
  authz: {
    bearerToken: optional(secret, {
      doc: [
        'A token that may do everything (`Authorization: Bearer ...`), beside those of `patina token`.',
        'Prefer the environment to the file; there is no flag, since other users can read a command',
        'line.',
      ],
      key: 'bearer-token',
      aliases: ['api.authz.bearer', 'api.authorization.bearer-token', 'api.authorization.bearer'],
    }),
  },
  endpointName: optional(text, {
    doc: ['A name for this endpoint. Accepted and not used yet.'],
  }),
};

const pg = {
  addr: optional(ipAddress, {
    doc: [
      'Where PostgreSQL clients reach this node, `127.0.0.1:5432` as a rule; without it they cannot.',
      'Anything but loopback needs credentials and TLS.',
    ],
    aliases: ['api.pg.addr', 'api.pg.bind_addr'],
  }),
  readonly: withDefault(flag, false, {
    doc: ['Refuses writes through this endpoint.'],
    aliases: ['api.pg.readonly'],
  }),
  tls: {
    certFile: optional(path, {
      doc: ['Certificate for PostgreSQL clients, PEM.'],
      aliases: ['api.pg.tls.cert_file'],
      shownDefault: '`api.tls.cert_file`',
    }),
    keyFile: optional(path, {
      doc: ['Private key of that certificate, PEM.'],
      aliases: ['api.pg.tls.key_file'],
      shownDefault: '`api.tls.key_file`',
    }),
  },
  plaintext: withDefault(flag, false, {
    doc: [
      'Allows connections without TLS beyond this machine: for networks that encrypt by themselves.',
      'Passwords are never sent in clear all the same; tokens are not taken without TLS.',
    ],
  }),
  maxConnections: withDefault(integer({ min: 1, max: 10_000 }), 200, {
    doc: ['Connections at once; more are refused with 53300.'],
  }),
  transactionTimeoutMs: withDefault(duration('s', { minMs: 10, maxMs: hourMs }), 5, {
    doc: ['How long the statements of a transaction may hold up the writer at its commit.'],
    key: 'transaction_timeout',
  }),
  idleInTransactionTimeoutMs: withDefault(duration('s', { minMs: 0, maxMs: dayMs }), '10m', {
    doc: ['A session that is idle in a transaction for this long is ended; 0 is never.'],
    key: 'idle_in_transaction_timeout',
  }),
  statementTimeoutMs: withDefault(duration('s', { minMs: 0, maxMs: dayMs }), 0, {
    doc: [
      'Time limit of a statement, where the session does not set `statement_timeout`; 0 is none, as in',
      'PostgreSQL.',
    ],
    key: 'statement_timeout',
  }),
};

const access = {
  required: withDefault(flag, false, {
    doc: [
      'Asks for credentials also while there are none, so that nobody gets in before the first token or',
      'user was made (`patina token create`, `patina user create`). Without it a node that has no',
      'credentials lets in everybody on this machine.',
    ],
  }),
  replicated: withDefault(flag, false, {
    doc: [
      'Shares tokens and users with all nodes of the cluster that say so too. They travel between the',
      'nodes alone, and are no part of the database.',
    ],
  }),
  path: optional(path, {
    doc: ['The file in which tokens and users are kept, as hashes. It belongs to its owner alone.'],
    shownDefault: 'the path of the database with `-access.json` at its end',
  }),
};

const audit = {
  path: optional(path, {
    doc: [
      'The audit log: log-ins, changes of the schema and of access, admin acts. Lines of JSON, read by',
      '`patina audit`.',
    ],
    shownDefault: 'the path of the database with `-audit.log` at its end',
  }),
  bytesMax: withDefault(integer({ min: 4_096, max: 1024 * 1024 * 1024 }), 16 * 1024 * 1024, {
    doc: ['When the file is longer it is put aside; three such files are kept.'],
  }),
};

const limits = {
  failedLogInsPerMinute: withDefault(integer({ min: 1, max: 1_000 }), 5, {
    doc: ['Failed log-ins of one address, and of one name, before both have to wait.'],
    key: 'failed_logins_per_minute',
  }),
  requestsPerSecond: withDefault(integer({ min: 0, max: 1_000_000 }), 0, {
    doc: ['HTTP requests a second of one token, user or address; 0 is no limit.'],
  }),
  connectionsPerAddress: withDefault(integer({ min: 0, max: 20_000 }), 0, {
    doc: ['HTTP connections at once from one address; 0 is no limit.'],
  }),
};

const gossip = {
  addr: withDefault(ipAddress, `127.0.0.1:${gossipPortDefault}`, {
    doc: ['The UDP address on which other nodes reach this one (QUIC).'],
    aliases: ['gossip.bind_addr'],
  }),
  externalAddr: optional(ipAddress, {
    doc: [
      'The address that this node tells others to dial, where that is not `gossip.addr`: behind',
      'NAT, or when listening on all interfaces.',
    ],
  }),
  bootstrap: withDefault(listOf(bootstrapEntry, bootstrapMax), [], {
    doc: [
      'Nodes to join through: `host:port`, or names, of which all addresses are tried. Nodes',
      'known from earlier runs are tried too. Leave it empty for a first node.',
    ],
  }),
  plaintext: withDefault(flag, false, {
    doc: [
      'Runs with throw-away certificates, so that anybody who can send packets can join. Accepted',
      'on loopback only.',
    ],
  }),
  clusterId: withDefault(integer({ min: 0, max: 65_535 }), 0, {
    doc: ['Nodes of different cluster ids refuse each other.'],
  }),
  clusterName: optional(text, {
    doc: ['What people call this cluster; the console shows it. Patina only.'],
  }),
  maxClockDriftMs: withDefault(duration('ms', { minMs: 10, maxMs: hourMs }), 500, {
    doc: [
      'How far the clock of this machine may run ahead of the median of its peers before the node',
      'refuses its own writes. Patina only.',
    ],
    key: 'max_clock_drift',
  }),
  idleTimeoutMs: withDefault(duration('s', { minMs: 1_000, maxMs: hourMs }), 30, {
    doc: ['A connection without traffic for this long is closed.'],
    key: 'idle_timeout_secs',
  }),
  removeDownAfterMs: withDefault(duration('s', { minMs: minuteMs, maxMs: 365 * dayMs }), '48h', {
    doc: [
      'A node that is down for this long is forgotten as a member. Shorten it where nodes come',
      'and go under new addresses. Patina only.',
    ],
    key: 'remove_down_after',
  }),
  tls: {
    certFile: optional(path, {
      doc: [
        'Certificate of this node, PEM (`patina tls node generate`). A first node, without bootstrap',
        'and without these files, makes a CA and a certificate in a directory named after the',
        'database with `-tls` at its end.',
      ],
    }),
    keyFile: optional(path, { doc: ['Private key of that certificate, PEM.'] }),
    caFile: optional(path, {
      doc: [
        'Certificate of the CA of the cluster, PEM (`patina tls ca generate`). Both sides of',
        'every connection must have a certificate of this CA.',
      ],
    }),
    client: {
      certFile: optional(path, {
        doc: ['Accepted and not used: a node dials with its own certificate.'],
      }),
      keyFile: optional(path, { doc: ['Accepted and not used, as the certificate beside it.'] }),
    },
    insecure: withDefault(flag, false, {
      doc: [
        'Refused: Patina does not connect to nodes that it cannot verify. For trials on one',
        'machine there is `gossip.plaintext`.',
      ],
    }),
  },
};

const perf = {
  sqlTxTimeoutMs: withDefault(duration('s', { minMs: 1, maxMs: hourMs }), 60, {
    doc: ['Time limit of a query or transaction whose request does not set one.'],
    key: 'sql_tx_timeout',
  }),
  minSyncBackoffMs: withDefault(duration('s', { minMs: 10, maxMs: hourMs }), 1, {
    doc: ['Shortest pause between two rounds of sync.'],
    key: 'min_sync_backoff',
  }),
  maxSyncBackoffMs: withDefault(duration('s', { minMs: 10, maxMs: hourMs }), 15, {
    doc: ['Longest pause between two rounds of sync: how long what broadcast lost can stay lost.'],
    key: 'max_sync_backoff',
  }),
};

const admin = {
  path: required(path, {
    doc: [
      'The Unix socket for `patina reload`, `cluster`, `sync` and the like. Only its owner can',
      'use it.',
    ],
    aliases: ['admin.uds_path'],
    flag: 'admin-path',
    shownDefault: '`admin.sock` in a directory named after the database with `-admin` at its end',
  }),
};

const telemetry = {
  prometheus: {
    addr: optional(ipAddress, {
      doc: [
        'A further listener for `GET /metrics`, on loopback only, since it asks for no token. The',
        'API serves the metrics as well, with a token.',
      ],
      aliases: ['telemetry.prometheus.bind_addr'],
    }),
  },
  convergence: {
    periodMs: withDefault(duration('s', { minMs: 0, maxMs: hourMs }), 10, {
      doc: [
        'How often this node measures how long a write takes to be visible on all others. 0 turns it',
        'off. Patina only.',
      ],
      key: 'period_secs',
    }),
  },
};

const log = {
  format: withDefault(oneOf(['plaintext', 'json']), 'plaintext', {
    doc: ['`json` writes one object a line for log collectors; `plaintext` is for people.'],
  }),
  level: withDefault(
    oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']),
    'info',
    {
      doc: [
        'The least important lines that are written. `patina log set` changes it while the node',
        'runs. Patina only.',
      ],
    },
  ),
  colors: withDefault(flag, true, {
    doc: ['Colours in plaintext logs, where they go to a terminal.'],
  }),
};

/** The table: sections, and options in them, under the names that code uses. */
export const optionTable = {
  db,
  subscriptions,
  api,
  pg,
  access,
  limits,
  audit,
  gossip,
  perf,
  admin,
  telemetry,
  log,
};

/** What each section is about, for the documentation. */
export const sectionTexts: Record<keyof typeof optionTable, string> = {
  db: 'The database and its schema.',
  subscriptions: 'Live queries. All keys but `db.subscriptions_path` are of Patina only.',
  api: 'The HTTP API.',
  pg: 'The endpoint for PostgreSQL clients. See docs/postgres.md; the keys of Corrosion work.',
  access: 'Who may do what; see docs/access.md. Patina only.',
  limits: 'What one client may take. Patina only; `subscriptions` has limits of its own.',
  audit: 'The record of who did what. Patina only.',
  gossip: 'How nodes find, trust and talk to each other.',
  perf: 'Limits and time-outs. The defaults suit nearly everybody.',
  admin: 'The socket by which the command `patina` talks to the agent on the same machine.',
  telemetry: 'Metrics.',
  log: 'Logs, written to the standard error stream.',
};

type Values<T> = {
  readonly [K in keyof T]: T[K] extends Option<infer V> ? V : Values<T[K]>;
};

type LooseValues<T> = {
  readonly [K in keyof T]: T[K] extends RequiredOption<infer V>
    ? V | undefined
    : T[K] extends Option<infer V>
      ? V
      : LooseValues<T[K]>;
};

/** A whole configuration, checked: what an agent runs with. Durations are in milliseconds. */
export type Config = Values<typeof optionTable>;

/** A configuration as it was given: required options may be missing. */
export type GivenConfig = LooseValues<typeof optionTable>;
