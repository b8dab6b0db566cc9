// Who may call what. Every procedure names one role beside itself; this one function decides.

export const roles = ['metrics', 'reader', 'writer', 'schema', 'admin'] as const;

/** What a principal is allowed to do; roles other than `admin` only say more, never less. */
export type Role = (typeof roles)[number];

/** Whoever calls. */
export interface Principal {
  /** For logs and limits. */
  readonly name: string;
  readonly roles: readonly Role[];
}

/** What each role contains besides itself. */
const contained: Readonly<Record<Role, readonly Role[]>> = {
  metrics: [],
  reader: ['metrics'],
  writer: ['metrics', 'reader'],
  schema: ['metrics', 'reader'],
  admin: ['metrics', 'reader', 'writer', 'schema'],
};

/** Whether the principal may do what needs `role`. */
export function mayAct(principal: Principal, role: Role): boolean {
  return principal.roles.some((held) => held === role || contained[held].includes(role));
}

/** The holder of the one bearer token of a node, who may do everything. */
export const tokenHolder: Principal = { name: 'token', roles: ['admin'] };
