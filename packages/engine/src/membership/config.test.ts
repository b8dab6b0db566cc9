// Presets are sound, and nonsense is refused with the name of the field.

import { describe, expect, it } from 'vitest';
import {
  checkMembershipConfig,
  lan,
  type MembershipConfig,
  membershipPresets,
  wan,
} from './config.ts';

function refusal(change: Partial<MembershipConfig>): unknown {
  try {
    checkMembershipConfig({ ...lan, ...change });
    return undefined;
  } catch (error) {
    return error;
  }
}

it.each(Object.entries(membershipPresets))('the preset %s is sound', (_, preset) => {
  expect(checkMembershipConfig(preset)).toBe(preset);
});

it('the preset wan is more patient than lan', () => {
  expect(wan.probeTimeoutMs).toBeGreaterThan(lan.probeTimeoutMs);
  expect(wan.probePeriodMs * wan.suspicionPeriods).toBeGreaterThan(
    lan.probePeriodMs * lan.suspicionPeriods,
  );
});

it('the preset lan forgives a stall of two seconds', () => {
  const { probePeriodMs, suspicionPeriods } = lan;
  expect(probePeriodMs * (1 + suspicionPeriods)).toBeGreaterThanOrEqual(2_000 + 1_000);
});

describe('a configuration is refused', () => {
  const cases: [string, Partial<MembershipConfig>, RegExp][] = [
    ['not a number', { probePeriodMs: Number.NaN }, /probePeriodMs is NaN/],
    ['infinite', { removeDownAfterMs: Number.POSITIVE_INFINITY }, /removeDownAfterMs/],
    ['too small', { packetBytesMax: 100 }, /packetBytesMax is 100, not a number from 768/],
    ['too large', { packetBytesMax: 10_000 }, /packetBytesMax/],
    ['not whole', { indirectProbes: 2.5 }, /indirectProbes is 2.5, not a whole number/],
    ['direct part too long', { probeTimeoutMs: 700 }, /probeTimeoutMs is above 0.6/],
    ['gossip slower than probes', { gossipPeriodMs: 1_001 }, /gossipPeriodMs \(1001\) is above/],
    ['backoff upside down', { announceMinMs: 200_000 }, /announceMinMs .* is above announceMaxMs/],
    ['feeds too often', { feedPeriodMs: 900 }, /probePeriodMs .* is above feedPeriodMs/],
    ['dead called too often', { downAnnouncePeriodMs: 900 }, /is above downAnnouncePeriodMs/],
    ['forgets too soon', { removeDownAfterMs: 10_000 }, /is above removeDownAfterMs/],
    ['stalls beyond suspicion', { stallMs: 3_000 }, /stallMs is above/],
  ];
  it.each(cases)('%s', (_, change, message) => {
    expect(refusal(change)).toMatchObject({
      code: 'PATINA_CONFIG_INVALID',
      message: expect.stringMatching(message),
      hint: expect.stringContaining('preset'),
    });
  });

  it('every field has limits', () => {
    for (const name of Object.keys(lan)) {
      expect(refusal({ [name]: -1 }), name).toMatchObject({ code: 'PATINA_CONFIG_INVALID' });
    }
  });

  it('but not for being unusual', () => {
    expect(refusal({ probePeriodMs: 200, probeTimeoutMs: 50, gossipPeriodMs: 20 })).toBeUndefined();
    expect(refusal({ indirectProbes: 0, awarenessMax: 0 })).toBeUndefined();
  });
});
