// Who may do what: tokens, users, and the log of what was done about them. Through any endpoint the same
// as `patina token`, `patina user` and `patina audit`.

import { z } from 'zod';
import type { Grant } from '../access/access-service.ts';
import {
  auditEntrySchema,
  grantSchema,
  labelSchema,
  passwordSchema,
  sessionSchema,
  tokenInfoSchema,
  userChangeSchema,
  userInfoSchema,
  userNameSchema,
} from '../access/access-shapes.ts';
import { procedure, router } from '../procedures.ts';

const idSchema = z.object({ id: z.string().max(64) });
const nameSchema = z.object({ name: z.string().max(64) });

/** Entries of the audit log that are told at once. */
const auditEntriesMax = 1_000;

export const accessRouter = router({
  /** The caller, and what it may do. */
  whoAmI: procedure
    .output(sessionSchema.shape.principal.unwrap())
    .query(({ ctx: { principal } }) => ({
      name: principal.name,
      roles: [...principal.roles],
      tables: principal.tables === undefined ? null : [...principal.tables],
    })),

  tokens: procedure
    .output(z.array(tokenInfoSchema))
    .query(async ({ ctx }) => [...(await ctx.access.tokens())]),

  /** The answer holds the token: it is told this once. */
  createToken: procedure
    .input(grantSchema.extend({ label: labelSchema.default('') }))
    .output(z.object({ token: z.string(), info: tokenInfoSchema }))
    .mutation(({ ctx, input }) => ctx.access.createToken(input.label, grantOf(input))),

  revokeToken: procedure
    .input(idSchema)
    .output(tokenInfoSchema)
    .mutation(({ ctx, input }) => ctx.access.revokeToken(input.id)),

  users: procedure
    .output(z.array(userInfoSchema))
    .query(async ({ ctx }) => [...(await ctx.access.users())]),

  createUser: procedure
    .input(grantSchema.extend({ name: userNameSchema, password: passwordSchema }))
    .output(userInfoSchema)
    .mutation(({ ctx, input }) =>
      ctx.access.createUser(input.name, input.password, grantOf(input)),
    ),

  /** Changes the password, roles, tables or expiry that are given. */
  changeUser: procedure
    .input(userChangeSchema.extend(nameSchema.shape))
    .output(userInfoSchema)
    .mutation(({ ctx, input: { name, expires_ms: expiresMs, ...change } }) =>
      ctx.access.changeUser(name, { ...change, expiresMs }),
    ),

  removeUser: procedure
    .input(nameSchema)
    .output(userInfoSchema)
    .mutation(({ ctx, input }) => ctx.access.removeUser(input.name)),

  /** Log-ins, changes of the schema and of access, admin acts; the newest first. */
  audit: procedure
    .input(
      z.object({ limit: z.number().int().min(1).max(auditEntriesMax).default(100) }).prefault({}),
    )
    .output(z.array(auditEntrySchema))
    .query(async ({ ctx, input }) => [...(await ctx.access.auditEntries(input.limit))]),
});

function grantOf({ roles, tables, expires_ms: expiresMs }: z.infer<typeof grantSchema>): Grant {
  return { roles, tables, expiresMs };
}
