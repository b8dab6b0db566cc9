// The tRPC router that the console and TypeScript clients use: thin procedures over the service.

import { router } from './procedures.ts';
import { accessRouter } from './routers/access.ts';
import { clusterRouter } from './routers/cluster.ts';
import { dataRouter } from './routers/data.ts';
import { liveRouter } from './routers/live.ts';
import { nodesRouter } from './routers/nodes.ts';
import { replicationRouter } from './routers/replication.ts';
import { schemaRouter } from './routers/schema.ts';
import { sqlRouter } from './routers/sql.ts';

export const apiRouter = router({
  access: accessRouter,
  cluster: clusterRouter,
  data: dataRouter,
  live: liveRouter,
  nodes: nodesRouter,
  replication: replicationRouter,
  schema: schemaRouter,
  sql: sqlRouter,
});

export type ApiRouter = typeof apiRouter;
