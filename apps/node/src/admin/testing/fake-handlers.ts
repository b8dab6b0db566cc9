// Handlers of an agent that does not exist, with answers that do not change: for tests of the
// socket and of the command line.

import type { TokenInfo, UserInfo } from '@patina/api/access/access-shapes.ts';
import type { AdminHandlers } from '../protocol.ts';

export const ownActor = '0123456789abcdef0123456789abcdef';
export const otherActor = 'ffeeddccbbaa99887766554433221100';

const step = {
  kind: 'create-table',
  table: 'airports',
  name: 'airports',
  sql: 'CREATE TABLE airports (iata TEXT NOT NULL PRIMARY KEY)',
  destructive: false,
};

/** All handlers; `changes` replaces some. */
export function fakeHandlers(changes: Partial<AdminHandlers> = {}): AdminHandlers {
  return {
    ping: async () => ({
      actor_id: ownActor,
      pid: 4711,
      db_path: '/data/node.db',
      version: '0.1.0',
      uptime_seconds: 12.5,
    }),
    reload: async () => ({ steps: [], problems: [] }),
    clusterMembers: async () => ({
      members: [
        { ...member, rtt_ms: 0.2468, ring: 0 },
        { ...member, actor_id: otherActor, state: 'suspect', rtt_ms: null, ring: null },
      ],
    }),
    clusterStates: async () => ({ states: [{ ...member, state: 'down', incarnation: 12 }] }),
    clusterRejoin: async () => ({ incarnation: 4 }),
    clusterLeave: async () => ({}),
    syncState: async () => ({
      actor_id: ownActor,
      heads: { [otherActor]: 120, [ownActor]: 7 },
      need: {
        [otherActor]: [
          { start: 3, end: 9 },
          { start: 11, end: 11 },
        ],
      },
      partial_need: { [otherActor]: { 15: [{ start: 0, end: 4 }] } },
    }),
    syncVerify: async () => ({
      ok: true,
      in_memory_actors: 2,
      db_actors: 2,
      value_mismatch_actors: [],
      only_in_memory_actors: [],
      only_in_db_actors: [],
    }),
    actorVersion: async ({ actor_id, version }) => ({
      actor_id,
      version,
      state: 'partial',
      last_seq: 20,
      seqs: [{ start: 5, end: 20 }],
    }),
    schemaPlan: async () => ({ steps: [step], problems: [] }),
    schemaApply: async () => ({ steps: [step], problems: [] }),
    backup: async ({ path }) => ({ path, bytes: 8_192 }),
    logSet: async ({ level }) => ({ level }),
    logReset: async () => ({ level: 'info' }),
    tlsReload: async () => ({
      certificates: [{ cert_file: '/tls/cert.pem', not_after_ms: 1_800_000_000_000 }],
    }),
    tokenCreate: async ({ label }) => ({ token: fakeToken, info: { ...token, label } }),
    tokenList: async () => ({ tokens: [token] }),
    tokenRevoke: async ({ id }) => ({ ...token, id }),
    userCreate: async ({ name, roles }) => ({ ...user, name, roles }),
    userChange: async ({ name }) => ({ ...user, name }),
    userList: async () => ({ users: [user] }),
    userRemove: async ({ name }) => ({ ...user, name }),
    audit: async () => ({
      entries: [{ at_ms: 1_700_000_000_000, kind: 'log-in', who: 'user anna', what: 'log-in' }],
    }),
    ...changes,
  };
}

const fakeToken = `patina_0123456789ab_${'x'.repeat(43)}`;

const granted = {
  tables: ['flights*'],
  created_ms: 1_700_000_000_000,
  expires_ms: null,
  last_used_ms: null,
  is_expired: false,
};

const token: TokenInfo = { id: '0123456789ab', label: 'ci', roles: ['writer'], ...granted };
const user: UserInfo = { name: 'anna', roles: ['reader'], ...granted };

const member = {
  actor_id: ownActor,
  address: '127.0.0.1:4001',
  state: 'alive',
  incarnation: 3,
};
