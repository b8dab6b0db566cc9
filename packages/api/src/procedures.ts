// How procedures are made: with the role that they need beside them, checked before they run; with
// errors that carry Patina's codes and HTTP statuses; with integers that stay exact.

import { asPatinaError, errorKind, PatinaError } from '@patina/engine/base/errors.ts';
import { initTRPC, type TRPCError } from '@trpc/server';
import { z } from 'zod';
import type { ApiSessions } from './api-sessions.ts';
import { exactTransformer } from './exact-transformer.ts';
import { mayAct, type Principal, type Role } from './roles.ts';
import type { PatinaService } from './service.ts';

/** What every procedure is given. */
export interface ApiContext {
  readonly service: PatinaService;
  readonly sessions: ApiSessions;
  readonly principal: Principal;
  /** Whom to count against limits per client: an address. */
  readonly client: string;
}

/** What every procedure says of itself. */
export interface ApiMeta {
  readonly role: Role;
}

/** How often a silent subscription shows that it lives, and when a client should think it dead, ms. */
const pingMs = 15_000;
const silenceMs = 45_000;

const trpc = initTRPC
  .context<ApiContext>()
  .meta<ApiMeta>()
  .create({
    transformer: exactTransformer,
    isDev: false,
    sse: {
      ping: { enabled: true, intervalMs: pingMs },
      client: { reconnectAfterInactivityMs: silenceMs },
    },
    errorFormatter({ shape, error }) {
      const { code, hint, message } = patinaErrorOf(error);
      const { path } = shape.data;
      const data = {
        code,
        httpStatus: errorKind(code).httpStatus,
        ...(path === undefined ? {} : { path }),
        ...(hint === undefined ? {} : { hint }),
      };
      return { ...shape, message, data };
    },
  });

export const router = trpc.router;

/** Calls procedures without HTTP, for tests. */
export const createCallerFactory = trpc.createCallerFactory;

const guarded = trpc.procedure.use(({ ctx, meta, path, next }) => {
  // Without a role nobody may: a procedure that forgot to say it must not be open.
  if (meta === undefined || !mayAct(ctx.principal, meta.role)) {
    throw new PatinaError(
      'PATINA_FORBIDDEN',
      `${path} needs the role ${meta?.role ?? 'nobody has'}`,
      {
        hint: 'Use a token that has this role.',
      },
    );
  }
  return next();
});

/** A procedure for those who have the role. */
export function procedure(role: Role): ReturnType<typeof guarded.meta> {
  return guarded.meta({ role });
}

/** The error that a caller sees, whatever was thrown. */
export function patinaErrorOf(error: TRPCError): PatinaError {
  const { cause } = error;
  if (cause instanceof PatinaError) return cause;
  if (cause instanceof z.ZodError && error.code === 'BAD_REQUEST') {
    return new PatinaError('PATINA_BODY_INVALID', `the input is wrong: ${z.prettifyError(cause)}`);
  }
  const code = codes[error.code];
  if (code === undefined) return asPatinaError(cause ?? error);
  return new PatinaError(code, error.message, { cause: error });
}

/** What tRPC itself refuses. */
const codes: Partial<Record<TRPCError['code'], PatinaError['code']>> = {
  BAD_REQUEST: 'PATINA_BAD_REQUEST',
  PARSE_ERROR: 'PATINA_BODY_INVALID',
  NOT_FOUND: 'PATINA_NOT_FOUND',
  METHOD_NOT_SUPPORTED: 'PATINA_METHOD_NOT_ALLOWED',
  PAYLOAD_TOO_LARGE: 'PATINA_BODY_TOO_LARGE',
  UNSUPPORTED_MEDIA_TYPE: 'PATINA_MEDIA_TYPE',
  UNAUTHORIZED: 'PATINA_UNAUTHORIZED',
  FORBIDDEN: 'PATINA_FORBIDDEN',
};
