// The knobs of membership: what each means, how it relates to the others, two presets, and the
// check that a set of them makes sense together.

import { PatinaError } from '../base/errors.ts';
import { packetBytesLimit } from './wire.ts';

export interface MembershipConfig {
  /**
   * The time that one probe may take, direct and indirect part together, milliseconds; the unit of
   * the suspicion timeout. Well above twice the greatest round trip; 1,000 within a region.
   */
  readonly probePeriodMs: number;
  /**
   * Probes begun in each period, evenly spaced. With n members each is probed once in about
   * (n - 1) / probesPerPeriod periods by each other, and once in a fraction of a period by anybody.
   */
  readonly probesPerPeriod: number;
  /**
   * Least time given to a direct ping before others are asked to ping too, milliseconds. Below
   * 0.6 * probePeriodMs, so that the indirect part has time left.
   */
  readonly probeTimeoutMs: number;
  /** A direct ping is given this many median round trips where that is more than probeTimeoutMs. */
  readonly probeTimeoutRtts: number;
  /** Members asked to ping a member that did not answer us. */
  readonly indirectProbes: number;
  /** Greatest local health score (0 is healthy): timeouts grow up to 1 + awarenessMax times. */
  readonly awarenessMax: number;
  /**
   * A suspect is given at least this many probe periods times max(1, log10 n) to refute.
   * `probePeriodMs * (1 + suspicionPeriods)` must exceed the longest stall that is to be forgiven
   * by at least a second, the time that a refutation needs to spread over a lossy network.
   */
  readonly suspicionPeriods: number;
  /** The timeout of an unconfirmed suspicion, as a multiple of the least timeout. */
  readonly suspicionMaxFactor: number;
  /** Independent confirmations which bring the suspicion timeout down to its least. */
  readonly suspicionConfirmations: number;
  /** How often waiting updates are sent on, milliseconds; below probePeriodMs. */
  readonly gossipPeriodMs: number;
  /** Members that get the waiting updates each time. */
  readonly gossipFanout: number;
  /** Each update is sent ceil(retransmitFactor * log10(n + 1)) times by each node. */
  readonly retransmitFactor: number;
  /** Updates that may wait to be sent; beyond it the most-sent one is dropped (feeds repair). */
  readonly updatesMax: number;
  /** Greatest datagram sent, bytes; at most what the transport takes. */
  readonly packetBytesMax: number;
  /**
   * First wait between announces to the seeds while nobody is known, milliseconds; then doubled.
   */
  readonly announceMinMs: number;
  /** Longest wait between announces to the seeds while nobody is known, milliseconds. */
  readonly announceMaxMs: number;
  /** Wait between announces to the seeds once somebody is known, milliseconds. */
  readonly announceIdleMs: number;
  /** How often down members are announced to, so that healed partitions join, milliseconds. */
  readonly downAnnouncePeriodMs: number;
  /** Down members announced to each time. */
  readonly downAnnounceFanout: number;
  /** How often a feed is asked of a random member, milliseconds; sooner at first, after a join. */
  readonly feedPeriodMs: number;
  /** Datagrams of one feed; members beyond it come with later feeds. */
  readonly feedDatagramsMax: number;
  /** How long down and left members are remembered, milliseconds. */
  readonly removeDownAfterMs: number;
  /** Members remembered in all; further ones are refused and counted. */
  readonly membersMax: number;
  /** Pings made for others that may be under way; further requests are answered by a nack. */
  readonly relaysMax: number;
  /** A timer that comes this much too late means that this process stalled, milliseconds. */
  readonly stallMs: number;
  /** Time after a stall to read what came meanwhile before anybody is blamed, milliseconds. */
  readonly stallGraceMs: number;
  /**
   * A node whose clock is ahead of the median of its peers by more refuses writes, milliseconds.
   */
  readonly maxClockDriftMs: number;
}

/** For nodes within a region: a dead node of five is found in about 5 s. */
export const lan: MembershipConfig = {
  probePeriodMs: 1_000,
  probesPerPeriod: 2,
  probeTimeoutMs: 300,
  probeTimeoutRtts: 3,
  indirectProbes: 3,
  awarenessMax: 8,
  suspicionPeriods: 2.5,
  suspicionMaxFactor: 3,
  suspicionConfirmations: 2,
  gossipPeriodMs: 200,
  gossipFanout: 3,
  retransmitFactor: 4,
  updatesMax: 1_024,
  packetBytesMax: 1_178,
  announceMinMs: 1_000,
  announceMaxMs: 120_000,
  announceIdleMs: 300_000,
  downAnnouncePeriodMs: 15_000,
  downAnnounceFanout: 2,
  feedPeriodMs: 30_000,
  feedDatagramsMax: 64,
  removeDownAfterMs: 48 * 3_600_000,
  membersMax: 10_000,
  relaysMax: 128,
  stallMs: 400,
  stallGraceMs: 250,
  maxClockDriftMs: 500,
};

/** For nodes around the world: round trips of up to 700 ms, and slower to condemn. */
export const wan: MembershipConfig = {
  ...lan,
  probePeriodMs: 3_000,
  probeTimeoutMs: 1_000,
  suspicionPeriods: 3,
  gossipPeriodMs: 300,
  gossipFanout: 4,
  announceMinMs: 5_000,
  downAnnouncePeriodMs: 30_000,
  feedPeriodMs: 60_000,
};

/** The presets by the name that the configuration file uses. */
export const membershipPresets = { lan, wan } as const satisfies Record<string, MembershipConfig>;

type Limits = Readonly<Record<keyof MembershipConfig, readonly [min: number, max: number]>>;

const dayMs = 86_400_000;

const limits: Limits = {
  probePeriodMs: [10, 600_000],
  probesPerPeriod: [1, 16],
  probeTimeoutMs: [1, 300_000],
  probeTimeoutRtts: [1, 100],
  indirectProbes: [0, 16],
  awarenessMax: [0, 64],
  suspicionPeriods: [1, 100],
  suspicionMaxFactor: [1, 100],
  suspicionConfirmations: [0, 16],
  gossipPeriodMs: [5, 60_000],
  gossipFanout: [1, 64],
  retransmitFactor: [1, 64],
  updatesMax: [16, 1_000_000],
  packetBytesMax: [768, packetBytesLimit],
  announceMinMs: [10, dayMs],
  announceMaxMs: [10, dayMs],
  announceIdleMs: [10, dayMs],
  downAnnouncePeriodMs: [10, dayMs],
  downAnnounceFanout: [0, 64],
  feedPeriodMs: [10, dayMs],
  feedDatagramsMax: [1, 1_024],
  removeDownAfterMs: [1_000, 365 * dayMs],
  membersMax: [2, 1_000_000],
  relaysMax: [0, 65_536],
  stallMs: [10, 60_000],
  stallGraceMs: [1, 60_000],
  maxClockDriftMs: [10, dayMs],
};

const integers: ReadonlySet<string> = new Set<keyof MembershipConfig>([
  'probesPerPeriod',
  'indirectProbes',
  'awarenessMax',
  'suspicionConfirmations',
  'gossipFanout',
  'updatesMax',
  'packetBytesMax',
  'downAnnounceFanout',
  'feedDatagramsMax',
  'membersMax',
  'relaysMax',
]);

/** The greatest part of a probe that its direct ping may take. */
export const directShareMax = 0.6;

/** Returns `config` when its fields make sense together; throws PATINA_CONFIG_INVALID otherwise. */
export function checkMembershipConfig(config: MembershipConfig): MembershipConfig {
  for (const [name, [min, max]] of Object.entries(limits)) {
    const value: unknown = Reflect.get(config, name);
    if (typeof value !== 'number' || !(value >= min && value <= max)) {
      throw invalid(`${name} is ${String(value)}, not a number from ${min} to ${max}`);
    }
    if (integers.has(name) && !Number.isInteger(value)) {
      throw invalid(`${name} is ${value}, not a whole number`);
    }
  }
  const directMs = config.probePeriodMs * directShareMax;
  if (config.probeTimeoutMs > directMs) {
    throw invalid(`probeTimeoutMs is above ${directShareMax} * probePeriodMs (${directMs})`);
  }
  requireOrder(config, 'gossipPeriodMs', 'probePeriodMs');
  requireOrder(config, 'announceMinMs', 'announceMaxMs');
  requireOrder(config, 'probePeriodMs', 'downAnnouncePeriodMs');
  requireOrder(config, 'probePeriodMs', 'feedPeriodMs');
  requireOrder(config, 'downAnnouncePeriodMs', 'removeDownAfterMs');
  const suspicionMs = config.probePeriodMs * config.suspicionPeriods;
  if (config.stallMs > suspicionMs) {
    throw invalid(`stallMs is above probePeriodMs * suspicionPeriods (${suspicionMs})`);
  }
  return config;
}

function requireOrder(
  config: MembershipConfig,
  lesser: keyof MembershipConfig,
  greater: keyof MembershipConfig,
): void {
  if (config[lesser] > config[greater]) {
    throw invalid(`${lesser} (${config[lesser]}) is above ${greater} (${config[greater]})`);
  }
}

function invalid(what: string): PatinaError {
  return new PatinaError('PATINA_CONFIG_INVALID', `membership: ${what}`, {
    hint: 'start from the preset "lan" or "wan" and change one value at a time',
  });
}
