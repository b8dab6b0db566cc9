// The shapes of tokens, users and sessions as the API takes and tells them.

import { z } from 'zod';
import { roles } from '../roles.ts';
import { auditKinds } from './audit.ts';
import { isTablePattern, tablePatternsMax } from './table-patterns.ts';

/** Characters of the names of users and labels of tokens. */
export const nameCharsMax = 63;
export const passwordCharsMax = 1_024;
const tokenCharsMax = 512;

export const roleSchema = z.enum(roles);
export const rolesSchema = z.array(roleSchema).min(1).max(roles.length);

export const tablePatternSchema = z
  .string()
  .refine(isTablePattern, 'a pattern has 1 to 200 characters, none of them a control character');
export const tablesSchema = z.array(tablePatternSchema).min(1).max(tablePatternsMax);

const timeMs = z.number().int().nonnegative();

/** Names that PostgreSQL clients send as they are, and that stand in a URL without escapes. */
export const userNameSchema = z
  .string()
  .max(nameCharsMax)
  .regex(/^[a-z_][a-z0-9_.@-]*$/, 'a name has small letters, digits and _ . @ -')
  .refine((name) => name !== 'token' && !name.startsWith('patina_'), 'this name is reserved');

export const labelSchema = z
  .string()
  .max(nameCharsMax)
  .regex(/^[^\p{Cc}]*$/u, 'a label has no control characters');

export const passwordSchema = z.string().min(8).max(passwordCharsMax);

export const grantSchema = z.object({
  roles: rolesSchema,
  /** Patterns such as `flights*`; absent: all tables. */
  tables: tablesSchema.optional(),
  /** Unix time in milliseconds; absent: never. */
  expires_ms: timeMs.optional(),
});

const grantedSchema = z.object({
  roles: z.array(roleSchema),
  tables: z.array(z.string()).nullable(),
  created_ms: timeMs,
  expires_ms: timeMs.nullable(),
  last_used_ms: timeMs.nullable(),
  is_expired: z.boolean(),
});

export const tokenInfoSchema = grantedSchema.extend({ id: z.string(), label: z.string() });
export const userInfoSchema = grantedSchema.extend({ name: z.string() });

export const userChangeSchema = z.object({
  password: passwordSchema.optional(),
  roles: rolesSchema.optional(),
  tables: tablesSchema.nullable().optional(),
  expires_ms: timeMs.nullable().optional(),
});

export const auditEntrySchema = z.object({
  at_ms: timeMs,
  kind: z.enum(auditKinds),
  who: z.string(),
  what: z.string(),
  from: z.string().optional(),
  through: z.string().optional(),
  error: z.string().optional(),
});

/** Body of POST /v1/login. */
export const logInRequestSchema = z
  .union([
    z.strictObject({
      user: z.string().min(1).max(nameCharsMax),
      password: z.string().max(passwordCharsMax),
    }),
    z.strictObject({ token: z.string().min(1).max(tokenCharsMax) }),
  ])
  .meta({
    id: 'LogIn',
    description: 'A user with its password, or a token.',
    examples: [{ user: 'anna', password: 'correct horse battery staple' }],
  });

/** Who asks, as GET /v1/session tells. */
export const sessionSchema = z
  .object({
    /** Whether this node asks for credentials at all. */
    is_required: z.boolean().describe('Whether this node asks for credentials.'),
    principal: z
      .object({
        name: z.string(),
        roles: z.array(roleSchema),
        tables: z.array(z.string()).nullable().describe('Patterns; null: all tables.'),
      })
      .nullable()
      .describe('null: nobody is logged in.'),
  })
  .meta({
    id: 'Session',
    description: 'Who asks, and what it may do.',
    examples: [
      {
        is_required: true,
        principal: { name: 'user anna', roles: ['reader'], tables: ['flights*'] },
      },
    ],
  });

export type TokenInfo = z.infer<typeof tokenInfoSchema>;
export type UserInfo = z.infer<typeof userInfoSchema>;
export type AuditEntry = z.infer<typeof auditEntrySchema>;
export type SessionInfo = z.infer<typeof sessionSchema>;
