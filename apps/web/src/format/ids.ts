// Names of nodes. Ids of actors are random; their first eight digits tell them apart by eye.

/** The first eight digits of an actor id. */
export function shortActorId(actorId: string): string {
  return actorId.slice(0, 8);
}
