// Drawing from a seed: one generator for each purpose, so that a change in one place of the simulator
// does not shift what all others draw.

import { type ActorId, isActorId } from '@patina/engine/base/actor-id.ts';
import { must } from '@patina/engine/base/assert.ts';
import { type Rng, seededRng } from '@patina/engine/base/rng.ts';

/** The generator of a purpose under a seed. */
export function rngFor(seed: number, purpose: string): Rng {
  let mixed = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) >>> 0;
  for (let index = 0; index < purpose.length; index++) {
    mixed = Math.imul(mixed ^ purpose.charCodeAt(index), 0x01000193) >>> 0;
  }
  const rng = seededRng(mixed);
  // The first values of neighbouring seeds are related in small generators.
  for (let index = 0; index < 4; index++) rng.float();
  return rng;
}

export function chance(rng: Rng, probability: number): boolean {
  return rng.float() < probability;
}

/** An integer from `min` to `max`, both included. */
export function between(rng: Rng, min: number, max: number): number {
  return min + rng.below(max - min + 1);
}

/** A number whose order of magnitude is drawn evenly: small and large ones are equally likely. */
export function logUniform(rng: Rng, min: number, max: number): number {
  return min * (max / min) ** rng.float();
}

/** Exponentially distributed with this mean. */
export function exponential(rng: Rng, mean: number): number {
  return -Math.log(1 - rng.float()) * mean;
}

export function pick<T>(rng: Rng, items: readonly T[]): T {
  return must(items[rng.below(items.length)], 'there is something to pick from');
}

/** `count` random hex digits. */
export function hexDigits(rng: Rng, count: number): string {
  let digits = '';
  while (digits.length < count) digits += rng.below(16).toString(16);
  return digits;
}

export function randomActorId(rng: Rng): ActorId {
  const digits = hexDigits(rng, 32);
  return must(isActorId(digits) ? digits : undefined, '32 hex digits are an actor id');
}
