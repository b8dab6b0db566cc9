// A storage without threads, for the simulator and for tests: the replica answers at once.

import type { LocalVersion, Storage, StorageIdentity, StoredMember } from '../ports.ts';
import { ChangeServer } from './change-server.ts';
import type { Replica } from './replica.ts';

/** Wraps a replica as a {@link Storage}; answers come as resolved promises, in order. */
export function directStorage(replica: Replica): Storage {
  const server = new ChangeServer(replica.db);
  let members: readonly StoredMember[] = [];
  let tell: (version: LocalVersion) => void = () => {};
  const identity = (): StorageIdentity => ({
    actorId: replica.actorId,
    states: replica.book.state(),
    lastHlc: replica.lastHlc,
  });
  return {
    onLocalVersion(handler) {
      tell = handler;
    },
    identity: async () => identity(),
    async transact(transaction) {
      const { outcomes, versions } = replica.transact([transaction]);
      for (const version of versions) tell(version);
      const [outcome] = outcomes;
      if (outcome === undefined) throw new Error('one transaction has one outcome');
      return outcome;
    },
    async merge(chunks) {
      const { adopted, ...outcome } = replica.merge(chunks);
      for (const version of adopted) tell(version);
      return outcome;
    },
    recordEmpty: async (empty) => replica.recordEmpty(empty),
    async retryQuarantined() {
      const { adopted, ...outcome } = replica.retryQuarantined('due');
      for (const version of adopted) tell(version);
      return outcome;
    },
    firstQuarantined: async (actorId) => replica.firstQuarantined(actorId),
    read: async (need, bytesMax) => server.read(need, bytesMax),
    async becomeActor(actorId) {
      replica.becomeActor(actorId);
      return identity();
    },
    loadMembers: async () => members,
    async saveMembers(rows) {
      members = rows;
    },
    saveLag: async () => {},
    verify: async () => replica.verifyBookkeeping(),
  };
}
