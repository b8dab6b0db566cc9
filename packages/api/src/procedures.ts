// How procedures are made: behind the table of access, checked before they run; with
// errors that carry Patina's codes and HTTP statuses; with integers that stay exact.

import { asPatinaError, errorKind, PatinaError } from '@patina/engine/base/errors.ts';
import { initTRPC, type TRPCError } from '@trpc/server';
import { z } from 'zod';
import type { AccessService } from './access/access-service.ts';
import { procedureAccess } from './access/access-table.ts';
import type { Audit } from './access/audit.ts';
import { demand } from './access/policy.ts';
import type { Principal } from './access/principal.ts';
import type { Sessions } from './api-sessions.ts';
import { exactTransformer } from './exact-transformer.ts';
import type { PatinaService } from './service.ts';

/** What every procedure is given. */
export interface ApiContext {
  /** As the principal may use it. */
  readonly service: PatinaService;
  readonly access: AccessService;
  readonly audit: Audit;
  readonly sessions: Sessions;
  readonly principal: Principal;
  /** Whom to count against limits per client: an address. */
  readonly client: string;
  /** Counts a call that no request was counted for; throws where there are too many. */
  readonly admit?: () => void;
}

/** How often a silent subscription shows that it lives, and when a client should think it dead, ms. */
const pingMs = 15_000;
const silenceMs = 45_000;

const trpc = initTRPC.context<ApiContext>().create({
  transformer: exactTransformer,
  isDev: false,
  sse: {
    ping: { enabled: true, intervalMs: pingMs },
    client: { reconnectAfterInactivityMs: silenceMs },
  },
  errorFormatter({ shape, error }) {
    const { code, hint, message, fault } = patinaErrorOf(error);
    const { path } = shape.data;
    const data = {
      code,
      httpStatus: errorKind(code).httpStatus,
      ...(path === undefined ? {} : { path }),
      ...(hint === undefined ? {} : { hint }),
      // Where in the statement, counted in characters from 1.
      ...(fault.position === undefined ? {} : { position: fault.position }),
    };
    return { ...shape, message, data };
  },
});

export const router = trpc.router;

/** Calls procedures without HTTP, for tests. */
export const createCallerFactory = trpc.createCallerFactory;

/** A procedure for those whom the table of access lets in; one that is not in the table is closed. */
export const procedure = trpc.procedure.use(async ({ ctx, path, type, next }) => {
  ctx.admit?.();
  const access = procedureAccess.get(path);
  demand(ctx.principal, { kind: 'call', name: path, access });
  const result = await next();
  // Changes of access write down more than their names, by themselves.
  if (type === 'mutation' && access?.role === 'admin' && !path.startsWith('access.')) {
    const event = { kind: 'admin', who: ctx.principal.name, from: ctx.client, what: path } as const;
    ctx.audit(result.ok ? event : { ...event, error: result.error.message });
  }
  return result;
});

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
