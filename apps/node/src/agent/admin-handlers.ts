// What the agent does for commands that come through its admin socket.

import type { NodeActions } from '@patina/api/node-control.ts';
import { must } from '@patina/engine/base/assert.ts';
import type { PatinaNode } from '@patina/engine/node.ts';
import type { NodeStorage } from '@patina/engine/storage/threaded-storage.ts';
import type { Logger } from 'pino';
import type { NodeAccess } from '../access/open-access.ts';
import type { AdminHandlers, AdminResults } from '../admin/protocol.ts';
import type { Config } from '../config/options.ts';
import { logLevel, resetLogLevel } from '../log.ts';
import { createAccessHandlers } from './access-handlers.ts';
import type { Reload } from './reload.ts';
import { readSchemaFiles } from './schema-files.ts';
import { memberAnswers } from './service.ts';

export interface AdminDeps {
  readonly config: Config;
  readonly logger: Logger;
  readonly node: PatinaNode;
  readonly storage: NodeStorage;
  readonly access: NodeAccess;
  readonly reload: Reload;
  readonly actions: NodeActions;
  /** Version of the software. */
  readonly softwareVersion: string;
}

/** The handlers over a running node. */
export function createAdminHandlers(deps: AdminDeps): AdminHandlers {
  const { config, logger, node, storage, access, reload, actions } = deps;
  const startMs = performance.now();
  const applySchema = async (
    texts: readonly string[],
    allowDestructive: boolean,
  ): Promise<AdminResults['schemaApply']> => {
    const { plan, applied } = await storage.applySchema({ texts, allowDestructive });
    return { steps: applied.map(stepAnswer), problems: plan.problems.map(copy) };
  };
  return {
    ...createAccessHandlers(access, reload),
    ping: async () => ({
      actor_id: node.actorId,
      pid: process.pid,
      db_path: config.db.path,
      version: deps.softwareVersion,
      uptime_seconds: (performance.now() - startMs) / 1000,
    }),
    async reload() {
      reload.certificates();
      return applySchema(readSchemaFiles(config.db.schemaPaths), false);
    },
    clusterMembers: async () => ({ members: memberAnswers(node) }),
    clusterStates: async () => ({
      states: memberAnswers(node).map(({ actor_id, address, state, incarnation }) => ({
        actor_id,
        address,
        state,
        incarnation,
      })),
    }),
    clusterRejoin: () => actions.rejoin(),
    async clusterLeave() {
      await actions.leave();
      return {};
    },
    syncState: async () => syncState(node),
    syncVerify: () => syncVerify(node, storage),
    actorVersion: (params) => actorVersion(node, storage, params),
    async schemaPlan({ files, allow_destructive }) {
      const texts = files?.map(({ sql }) => sql) ?? readSchemaFiles(config.db.schemaPaths);
      const { plan } = await storage.planSchema({ texts, allowDestructive: allow_destructive });
      return { steps: plan.steps.map(stepAnswer), problems: plan.problems.map(copy) };
    },
    schemaApply: ({ files, allow_destructive }) =>
      applySchema(
        files?.map(({ sql }) => sql) ?? readSchemaFiles(config.db.schemaPaths),
        allow_destructive,
      ),
    async backup({ path }) {
      const { bytes } = await actions.backup(path);
      return { path, bytes };
    },
    logSet: ({ level }) => actions.setLogLevel(level),
    logReset: async () => {
      resetLogLevel(logger);
      return { level: logLevel(logger) };
    },
  };
}

function stepAnswer(step: {
  readonly kind: string;
  readonly table: string | undefined;
  readonly name: string;
  readonly sql: string | undefined;
  readonly destructive: boolean;
}): AdminResults['schemaApply']['steps'][number] {
  const { kind, table, name, sql, destructive } = step;
  return { kind, table: table ?? null, name, sql: sql ?? null, destructive };
}

function copy<T extends object>(value: T): T {
  return { ...value };
}

function syncState(node: PatinaNode): AdminResults['syncState'] {
  const states = node.book.state();
  const intervals = (list: readonly (readonly [number, number])[]) =>
    list.map(([start, end]) => ({ start, end }));
  return {
    actor_id: node.actorId,
    heads: Object.fromEntries(states.map(({ actorId, head }) => [actorId, head])),
    need: Object.fromEntries(
      states
        .filter(({ gaps }) => gaps.length > 0)
        .map(({ actorId, gaps }) => [actorId, intervals(gaps)]),
    ),
    partial_need: Object.fromEntries(
      states
        .filter(({ partials }) => partials.length > 0)
        .map(({ actorId, partials }) => [
          actorId,
          Object.fromEntries(
            partials.map(({ version }) => [
              version,
              intervals(must(node.book.missingSeqs(actorId, version), 'a partial lacks seqs')),
            ]),
          ),
        ]),
    ),
  };
}

async function syncVerify(
  node: PatinaNode,
  storage: NodeStorage,
): Promise<AdminResults['syncVerify']> {
  const differing = await storage.verify();
  const onDisk = await storage.identity();
  const here = new Map(node.book.state().map((state) => [state.actorId, JSON.stringify(state)]));
  const there = new Map(onDisk.states.map((state) => [state.actorId, JSON.stringify(state)]));
  const mismatched = [...here.keys()].filter((actorId) => {
    const other = there.get(actorId);
    return other !== undefined && other !== here.get(actorId);
  });
  const values = [...new Set([...differing, ...mismatched])];
  const onlyHere = [...here.keys()].filter((actorId) => !there.has(actorId));
  const onlyThere = [...there.keys()].filter((actorId) => !here.has(actorId));
  return {
    ok: values.length + onlyHere.length + onlyThere.length === 0,
    in_memory_actors: here.size,
    db_actors: there.size,
    value_mismatch_actors: values,
    only_in_memory_actors: onlyHere,
    only_in_db_actors: onlyThere,
  };
}

async function actorVersion(
  node: PatinaNode,
  storage: NodeStorage,
  { actor_id, version }: { actor_id: Parameters<NodeStorage['versionInfo']>[0]; version: number },
): Promise<AdminResults['actorVersion']> {
  const { state } = await storage.versionInfo(actor_id, version);
  const partial = node.book.stateOf(actor_id).partials.find((each) => each.version === version);
  const names = {
    current: 'current',
    quarantined: 'quarantined',
    empty: 'cleared',
    partial: 'partial',
    missing: 'needed',
    unknown: 'unknown',
  } as const;
  return {
    actor_id,
    version,
    state: names[state],
    last_seq: partial?.lastSeq ?? null,
    seqs: (partial?.seqs ?? []).map(([start, end]) => ({ start, end })),
  };
}
