// The tRPC router that the console and TypeScript clients use: thin procedures over the service.

import { initTRPC } from '@trpc/server';
import type { PatinaService } from './service.ts';

/** What every procedure is given. */
export interface ApiContext {
  readonly service: PatinaService;
}

const trpc = initTRPC.context<ApiContext>().create();

export const apiRouter = trpc.router({
  cluster: trpc.router({
    members: trpc.procedure.query(({ ctx }) => ctx.service.members()),
  }),
  replication: trpc.router({
    lag: trpc.procedure.query(({ ctx }) => ctx.service.lag()),
  }),
  nodes: trpc.router({
    health: trpc.procedure.query(async ({ ctx }) => ({
      actor_id: ctx.service.actorId(),
      ...(await ctx.service.health()),
    })),
  }),
});

export type ApiRouter = typeof apiRouter;
