// The sentence of an event for people: nodes by their addresses, where it names actors by their ids.

import { shortActorId } from '../../format/ids.ts';

const textCharsMax = 400;
const actorIds = /\b[0-9a-f]{32}\b/g;

/** @param addresses Of the members, by actor id. */
export function eventText(text: string, addresses: ReadonlyMap<string, string>): string {
  return text
    .slice(0, textCharsMax)
    .replaceAll(actorIds, (actorId) => addresses.get(actorId) ?? shortActorId(actorId));
}
