// How widely a chunk is spread: the figures that grow with the logarithm of the cluster.

/**
 * Most rounds in which one node sends one chunk, for `peers` other members. Four times log10, as
 * gossip theory wants for a small chance of missing anybody; sync repairs what is missed.
 */
export function transmissionsMax(peers: number): number {
  return Math.ceil(4 * Math.log10(peers + 2));
}

/** Random peers of one round, for `peers` other members. */
export function fanOut(peers: number, fanOutMin: number): number {
  return Math.max(fanOutMin, Math.ceil(peers / (transmissionsMax(peers) * 10)));
}

/**
 * The chance that round `round` (1 is the first repetition) takes place: every round halves it, and so does every
 * copy that came back, because a chunk that returns is known already where it would go.
 */
export function resendProbability(round: number, isLocal: boolean, duplicates: number): number {
  return 2 ** -(round - (isLocal ? 1 : 0) + duplicates);
}
