// Who may call what: every route, procedure, question and kind of statement, in one place. What stands
// nowhere here is open to nobody, and a test walks through all that exists.

import type { HttpRouteName } from '../http-routes.ts';
import type { questions } from '../insights/questions.ts';
import type { Role } from '../roles.ts';

export interface Access {
  /** `anyone` needs no credentials. */
  readonly role: Role | 'anyone';
  /**
   * For those who are limited to some tables. `named`: each table that it touches is checked, and lists are
   * cut to what may be seen. `none`: it tells nothing of tables. `all`: it is refused.
   */
  readonly tables: 'named' | 'none' | 'all';
}

function to(role: Access['role'], tables: Access['tables'] = 'none'): Access {
  return { role, tables };
}

/** Kinds of statements, on whatever endpoint. */
export const statementAccess = {
  read: { role: 'reader', tables: 'named' },
  write: { role: 'writer', tables: 'named' },
  schema: { role: 'schema', tables: 'all' },
  notify: { role: 'writer', tables: 'none' },
} as const satisfies Readonly<Record<string, Access>>;

export const routeAccess: Readonly<Record<HttpRouteName, Access>> = {
  runTransaction: to('writer', 'named'),
  runQuery: to('reader', 'named'),
  exportQuery: to('reader', 'named'),
  subscribe: to('reader', 'named'),
  listSubscriptions: to('reader', 'named'),
  explainStatement: to('reader', 'named'),
  followSubscription: to('reader', 'named'),
  dropSubscription: to('admin', 'named'),
  explainSubscription: to('reader', 'named'),
  followTable: to('reader', 'named'),
  countRows: to('reader', 'named'),
  checkHealth: to('metrics'),
  listMembers: to('reader'),
  listLag: to('reader'),
  readMetrics: to('metrics'),
  logIn: to('anyone'),
  logOut: to('anyone'),
  readSession: to('anyone'),
  readOpenApi: to('anyone'),
  readApiPage: to('anyone'),
};

const procedures = {
  'access.whoAmI': to('metrics'),
  'access.tokens': to('admin', 'all'),
  'access.createToken': to('admin', 'all'),
  'access.revokeToken': to('admin', 'all'),
  'access.users': to('admin', 'all'),
  'access.createUser': to('admin', 'all'),
  'access.changeUser': to('admin', 'all'),
  'access.removeUser': to('admin', 'all'),
  'access.audit': to('admin', 'all'),
  'cluster.summary': to('metrics'),
  'cluster.watch': to('metrics'),
  'cluster.rejoin': to('admin', 'all'),
  'cluster.leave': to('admin', 'all'),
  'cluster.members': to('reader'),
  'cluster.opinions': to('reader'),
  'cluster.rttMatrix': to('reader'),
  // Events quote SQL and name tables.
  'cluster.events': to('reader', 'all'),
  'cluster.onEvents': to('reader', 'all'),
  'data.cells': to('reader', 'named'),
  'live.list': to('reader', 'named'),
  'live.onList': to('reader', 'named'),
  'live.info': to('reader', 'named'),
  'live.explain': to('reader', 'named'),
  'live.open': to('reader', 'named'),
  'live.updates': to('reader', 'named'),
  'live.close': to('admin', 'named'),
  'nodes.list': to('reader'),
  'nodes.health': to('metrics'),
  'nodes.detail': to('reader'),
  'nodes.seriesNames': to('metrics'),
  'nodes.series': to('metrics'),
  'nodes.latencies': to('metrics'),
  'nodes.queues': to('reader'),
  'nodes.swim': to('reader'),
  'nodes.onSwim': to('reader'),
  'nodes.onQueues': to('reader'),
  'nodes.onLatencies': to('metrics'),
  'nodes.setLogLevel': to('admin', 'all'),
  'nodes.checkpoint': to('admin', 'all'),
  'nodes.backup': to('admin', 'all'),
  'nodes.config': to('admin', 'all'),
  'nodes.logs': to('admin', 'all'),
  'nodes.onLogs': to('admin', 'all'),
  'nodes.onMetrics': to('metrics'),
  'replication.lag': to('reader'),
  'replication.lagMatrix': to('reader'),
  'replication.onLag': to('reader'),
  'replication.lagHistory': to('reader'),
  'replication.onVersion': to('reader'),
  'replication.requestSync': to('admin', 'all'),
  'replication.gaps': to('reader'),
  'replication.partials': to('reader'),
  'replication.sessions': to('reader'),
  'replication.convergence': to('metrics'),
  'replication.tail': to('reader', 'all'),
  'schema.tables': to('reader', 'named'),
  'schema.table': to('reader', 'named'),
  'schema.checksums': to('reader', 'named'),
  'schema.hashPerNode': to('reader'),
  'schema.plan': to('schema', 'all'),
  'schema.applySchema': to('schema', 'all'),
  'sql.query': to('reader', 'named'),
  'sql.execute': to('writer', 'named'),
  'sql.dryRun': to('writer', 'named'),
  'sql.explain': to('reader', 'named'),
  'sql.cancel': to('reader'),
  'sql.schema': to('reader', 'named'),
} as const satisfies Readonly<Record<string, Access>>;

/** By the path of the procedure. */
export const procedureAccess: ReadonlyMap<string, Access> = new Map(Object.entries(procedures));

/** What may be asked of a node for those who are limited to some tables. */
export const questionTables: Readonly<Record<keyof typeof questions, Access['tables']>> = {
  about: 'none',
  opinions: 'none',
  connections: 'none',
  swim: 'none',
  lag: 'none',
  lagHistory: 'none',
  gaps: 'none',
  partials: 'none',
  sessions: 'none',
  convergence: 'none',
  latencies: 'none',
  events: 'all',
  logs: 'all',
  seriesNames: 'none',
  series: 'none',
  queues: 'none',
  config: 'all',
  live: 'named',
  schemaHash: 'none',
  tables: 'named',
  table: 'named',
  checksum: 'named',
  cells: 'named',
  completion: 'named',
  query: 'named',
  explain: 'named',
  visible: 'none',
  access: 'all',
};
