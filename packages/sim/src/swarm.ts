// What one seed is about: which faults there are and how often, how the network behaves, what clients
// write, and which limits the nodes run with. Each seed switches whole kinds on or off and draws rates
// over orders of magnitude, because faults hide behind each other when all of them are always there.

import type { Rng } from '@patina/engine/base/rng.ts';
import type { BroadcastLimits } from '@patina/engine/broadcast/events.ts';
import {
  checkMembershipConfig,
  lan,
  type MembershipConfig,
} from '@patina/engine/membership/config.ts';
import type { SchedulerLimits } from '@patina/engine/sync/scheduler.ts';
import type { LinkConditions } from './network/links.ts';
import type { NetworkLimits } from './network/network.ts';
import { between, chance, logUniform, pick, rngFor } from './random.ts';

/** Faults that happen again and again. */
export const nemesisKinds = [
  'partition',
  'clog',
  'reset',
  'break-stream',
  'crash',
  'crash-all',
  'stop',
  'lose-node',
  'pause',
  'slow',
  'slow-storage',
  'disk-full',
  'clock-offset',
  'clock-beyond',
  'clock-drift',
  'restore-aware',
  'restore-unaware',
  'clone',
  'clone-unaware',
] as const;

export type NemesisKind = (typeof nemesisKinds)[number];

/** Kinds of transactions, each with its weight. */
export interface WriteWeights {
  readonly ledger: number;
  readonly hot: number;
  readonly atomic: number;
  readonly large: number;
  readonly mixed: number;
  readonly failing: number;
  readonly foreign: number;
}

export interface SwarmPlan {
  readonly seed: number;
  readonly nodes: number;
  /** How long there are faults, virtual milliseconds. */
  readonly faultMs: number;
  readonly conditions: LinkConditions;
  /** Mean time between two faults of a kind, milliseconds. */
  readonly nemeses: readonly { readonly kind: NemesisKind; readonly periodMs: number }[];
  readonly network: NetworkLimits;
  readonly membership: MembershipConfig;
  readonly broadcast: Partial<BroadcastLimits>;
  readonly scheduler: Partial<SchedulerLimits>;
  readonly identityConfirmMs: number;
  readonly writesPerSecond: number;
  readonly weights: WriteWeights;
  /** Mean time of a request to the storage, milliseconds. */
  readonly storageDelayMs: number;
}

export interface SwarmOptions {
  /** undefined: drawn. */
  readonly nodes: number | undefined;
  /** undefined: drawn. */
  readonly faultMs: number | undefined;
  /** A network, clocks and nodes that do nothing wrong. */
  readonly isCalm: boolean;
}

/** Draws the plan of a seed. */
export function drawSwarm(seed: number, options: SwarmOptions): SwarmPlan {
  const rng = rngFor(seed, 'swarm');
  const faultMs = options.faultMs ?? between(rng, 12, 30) * 1_000;
  const nodes = options.nodes ?? pick(rng, [3, 3, 4, 5]);
  const isCalm = options.isCalm;
  return {
    seed,
    nodes,
    faultMs,
    conditions: isCalm ? calm : drawConditions(rng),
    nemeses: isCalm ? [] : drawNemeses(rng, faultMs),
    network: {
      streamWindowBytes: Math.floor(logUniform(rng, 2_000, 4_000_000)),
      messageWindowBytes: Math.floor(logUniform(rng, 20_000, 8_000_000)),
      silenceMs: 10_000,
      connectMs: 5_000,
    },
    membership: drawMembership(rng),
    broadcast: drawBroadcast(rng),
    scheduler: drawScheduler(rng),
    identityConfirmMs: between(rng, 2_000, 10_000),
    writesPerSecond: logUniform(rng, 2, 40),
    weights: drawWeights(rng),
    storageDelayMs: logUniform(rng, 0.02, 5),
  };
}

const calm: LinkConditions = {
  delayMinMs: 0.2,
  delayMeanMs: 0.5,
  lossRate: 0,
  duplicateRate: 0,
  replayRate: 0,
  bytesPerMs: 50_000,
};

function drawConditions(rng: Rng): LinkConditions {
  return {
    delayMinMs: logUniform(rng, 0.1, 5),
    delayMeanMs: logUniform(rng, 0.2, 150),
    lossRate: chance(rng, 0.5) ? logUniform(rng, 0.001, 0.2) : 0,
    duplicateRate: chance(rng, 0.5) ? logUniform(rng, 0.001, 0.1) : 0,
    replayRate: chance(rng, 0.3) ? logUniform(rng, 0.001, 0.05) : 0,
    bytesPerMs: logUniform(rng, 200, 100_000),
  };
}

/** Least mean time between two faults of a kind: rarer for those that take long to recover from. */
const periodsMs: Record<NemesisKind, readonly [min: number, max: number]> = {
  partition: [3_000, 20_000],
  clog: [300, 10_000],
  reset: [300, 10_000],
  'break-stream': [100, 5_000],
  crash: [1_500, 15_000],
  'crash-all': [8_000, 40_000],
  stop: [4_000, 20_000],
  'lose-node': [10_000, 40_000],
  pause: [2_000, 15_000],
  slow: [3_000, 15_000],
  'slow-storage': [3_000, 15_000],
  'disk-full': [3_000, 15_000],
  'clock-offset': [1_000, 10_000],
  'clock-beyond': [5_000, 20_000],
  'clock-drift': [3_000, 15_000],
  'restore-aware': [6_000, 20_000],
  'restore-unaware': [6_000, 20_000],
  clone: [8_000, 30_000],
  'clone-unaware': [8_000, 30_000],
};

function drawNemeses(rng: Rng, faultMs: number): SwarmPlan['nemeses'] {
  const share = pick(rng, [0.15, 0.3, 0.5]);
  return nemesisKinds
    .filter(() => chance(rng, share))
    .map((kind) => {
      const [min, max] = periodsMs[kind];
      return { kind, periodMs: Math.min(logUniform(rng, min, max), faultMs / 2) };
    });
}

function drawMembership(rng: Rng): MembershipConfig {
  const probePeriodMs = Math.floor(logUniform(rng, 500, 2_000));
  return checkMembershipConfig({
    ...lan,
    probePeriodMs,
    probeTimeoutMs: Math.floor(probePeriodMs * 0.3),
    probesPerPeriod: between(rng, 1, 3),
    gossipPeriodMs: Math.min(probePeriodMs, between(rng, 50, 400)),
    gossipFanout: between(rng, 1, 4),
    suspicionPeriods: between(rng, 2, 4),
    indirectProbes: between(rng, 0, 3),
    updatesMax: pick(rng, [16, 64, 1_024]),
    announceMaxMs: 10_000,
    announceIdleMs: 60_000,
  });
}

function drawBroadcast(rng: Rng): Partial<BroadcastLimits> {
  const frameBytesTarget = Math.floor(logUniform(rng, 256, 64 * 1_024));
  const bytesPerSecond = Math.floor(logUniform(rng, 20_000, 50_000_000));
  return {
    directPeersMax: pick(rng, [0, 1, 2, 32]),
    fanOutMin: between(rng, 1, 3),
    frameBytesTarget,
    frameGapMs: pick(rng, [0, 2, 20]),
    framesInFlightMax: between(rng, 1, 4),
    peerBytesMax: Math.floor(logUniform(rng, 4_000, 4_000_000)),
    retainedBytesMax: Math.floor(logUniform(rng, 16_000, 64_000_000)),
    bytesPerSecond,
    burstBytes: Math.max(100_000, Math.floor(bytesPerSecond / 4)),
    failuresMax: between(rng, 1, 4),
  };
}

function drawScheduler(rng: Rng): Partial<SchedulerLimits> {
  const intervalMsMin = Math.floor(logUniform(rng, 200, 2_000));
  return {
    intervalMsMin,
    intervalMsMax: Math.floor(intervalMsMin * logUniform(rng, 2, 10)),
    activeIntervalMs: Math.floor(intervalMsMin * logUniform(rng, 1, 3)),
    peersMin: between(rng, 1, 3),
    pauseMsMax: pick(rng, [5_000, 60_000]),
  };
}

function drawWeights(rng: Rng): WriteWeights {
  const weight = (): number => (chance(rng, 0.75) ? rng.float() : 0);
  return {
    ledger: 0.2 + weight(),
    hot: weight() * 2,
    atomic: weight(),
    large: chance(rng, 0.4) ? 0.05 * weight() : 0,
    mixed: weight(),
    failing: weight() * 0.1,
    foreign: chance(rng, 0.25) ? 0.2 * weight() : 0,
  };
}
