// The roles, and what each of them contains. Who may do what with them is decided in access/policy.ts.

export const roles = ['metrics', 'reader', 'writer', 'schema', 'admin'] as const;

/** What a principal is allowed to do; roles other than `admin` only say more, never less. */
export type Role = (typeof roles)[number];

/** What each role contains besides itself. */
const contained: Readonly<Record<Role, readonly Role[]>> = {
  metrics: [],
  reader: ['metrics'],
  writer: ['metrics', 'reader'],
  schema: ['metrics', 'reader'],
  admin: ['metrics', 'reader', 'writer', 'schema'],
};

/** Whether one of the roles that are held is `role`, or contains it. */
export function includesRole(held: readonly Role[], role: Role): boolean {
  return held.some((each) => each === role || contained[each].includes(role));
}

/** The same rights in the fewest roles, in the order of {@link roles}. */
export function leastRoles(held: readonly Role[]): Role[] {
  return roles.filter(
    (role) => held.includes(role) && !held.some((other) => contained[other].includes(role)),
  );
}
