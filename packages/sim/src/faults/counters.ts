// What went wrong on purpose, counted: a kind of fault whose counter stays at zero was never tested.

/** Every kind of fault, with what one count of it is. */
export const faultKinds = {
  delayed: 'a transmission took longer than 5 ms',
  lost: 'a datagram was lost, or a reliable transmission had to be repeated',
  duplicated: 'a datagram arrived twice',
  replayed: 'a datagram arrived again seconds later',
  reordered: 'a datagram or message overtook an earlier one of the same direction',
  clogged: 'a path held everything back for a while',
  blocked: 'a transmission met a partition',
  partitionHalves: 'the cluster was cut in two',
  partitionIsolate: 'one node was cut off',
  partitionBridge: 'two halves that share only one node',
  partitionOneWay: 'a path was cut in one direction',
  connectionReset: 'a connection was reset',
  connectionSilent: 'a connection was given up after silence',
  streamBroken: 'a two-way stream broke in the middle',
  crash: 'a node died and came back with its disk',
  crashInCommit: 'a node died with work of its storage unanswered',
  stop: 'a node left, stopped in order and came back',
  lostNode: 'a node was lost for good, with its disk',
  pause: 'a process did nothing for a while',
  pausedInputs: 'an input waited for a paused process',
  slow: 'a node took long for every input',
  slowStorage: 'a storage took long for its answers',
  diskFull: 'a storage refused requests for a while',
  refusedByDisk: 'a request was refused by a full disk',
  clockOffset: 'a wall clock was set wrong within the limit',
  clockBeyond: 'a wall clock was set wrong beyond the limit',
  clockDrift: 'a clock ran too fast or too slow',
  clockRefusals: 'a write was refused because of a wrong clock',
  restoredOld: 'a node came back with an old image of its disk, and knew it',
  restoredUnaware: 'a node came back with an old image of its disk, and did not know it',
  cloned: 'a copy of a disk was started beside its original, and knew it',
  clonedUnaware: 'a copy of a whole machine was started beside it, and did not know it',
  identityChanged: 'a node took a new actor id',
  foreignWrites: 'another program wrote to the file of a node',
  quarantined: 'a version was set aside because of its clock',
} as const;

export type FaultKind = keyof typeof faultKinds;

export type FaultCounts = Record<FaultKind, number>;

export const faultKindNames = Object.keys(faultKinds).filter(isFaultKind);

function isFaultKind(name: string): name is FaultKind {
  return Object.hasOwn(faultKinds, name);
}

const zero: FaultCounts = {
  delayed: 0,
  lost: 0,
  duplicated: 0,
  replayed: 0,
  reordered: 0,
  clogged: 0,
  blocked: 0,
  partitionHalves: 0,
  partitionIsolate: 0,
  partitionBridge: 0,
  partitionOneWay: 0,
  connectionReset: 0,
  connectionSilent: 0,
  streamBroken: 0,
  crash: 0,
  crashInCommit: 0,
  stop: 0,
  lostNode: 0,
  pause: 0,
  pausedInputs: 0,
  slow: 0,
  slowStorage: 0,
  diskFull: 0,
  refusedByDisk: 0,
  clockOffset: 0,
  clockBeyond: 0,
  clockDrift: 0,
  clockRefusals: 0,
  restoredOld: 0,
  restoredUnaware: 0,
  cloned: 0,
  clonedUnaware: 0,
  identityChanged: 0,
  foreignWrites: 0,
  quarantined: 0,
};

/** All counters at zero. */
export function newFaultCounts(): FaultCounts {
  return { ...zero };
}

/** Adds the counts of one run to a sum. */
export function addFaultCounts(sum: FaultCounts, counts: FaultCounts): void {
  for (const kind of faultKindNames) sum[kind] += counts[kind];
}
