// All routes of the HTTP API by name. The server gives each name its handler and the OpenAPI document
// its description, both as complete records, so that neither can have a route that the other lacks.

export type HttpMethod = 'GET' | 'POST' | 'DELETE';

export interface HttpRoute {
  readonly method: HttpMethod;
  /** As OpenAPI writes it: what varies stands in braces. */
  readonly path: string;
}

export const httpRoutes = {
  runTransaction: { method: 'POST', path: '/v1/transactions' },
  runQuery: { method: 'POST', path: '/v1/queries' },
  exportQuery: { method: 'POST', path: '/v1/export' },
  subscribe: { method: 'POST', path: '/v1/subscriptions' },
  listSubscriptions: { method: 'GET', path: '/v1/subscriptions' },
  explainStatement: { method: 'POST', path: '/v1/subscriptions/explain' },
  followSubscription: { method: 'GET', path: '/v1/subscriptions/{id}' },
  dropSubscription: { method: 'DELETE', path: '/v1/subscriptions/{id}' },
  explainSubscription: { method: 'GET', path: '/v1/subscriptions/{id}/explain' },
  followTable: { method: 'POST', path: '/v1/updates/{table}' },
  countRows: { method: 'POST', path: '/v1/table_stats' },
  checkHealth: { method: 'GET', path: '/v1/health' },
  listMembers: { method: 'GET', path: '/v1/members' },
  listLag: { method: 'GET', path: '/v1/lag' },
  readMetrics: { method: 'GET', path: '/metrics' },
  logIn: { method: 'POST', path: '/v1/login' },
  logOut: { method: 'POST', path: '/v1/logout' },
  readSession: { method: 'GET', path: '/v1/session' },
  readOpenApi: { method: 'GET', path: '/openapi.json' },
  readApiPage: { method: 'GET', path: '/docs/api' },
} as const satisfies Readonly<Record<string, HttpRoute>>;

export type HttpRouteName = keyof typeof httpRoutes;

/** The names in the order of the table. */
export const httpRouteNames = Object.keys(httpRoutes) as readonly HttpRouteName[];
