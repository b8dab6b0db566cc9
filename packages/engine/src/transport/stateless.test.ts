// What is answered to packets of no connection, and that it never amplifies.

import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { hasLongHeader, parseLongHeader } from './long-header.ts';
import { RetryTokens } from './retry-token.ts';
import { ResetSender, resetTokenOf } from './stateless-reset.ts';

const from = { host: '10.0.0.5', port: 4001 };
const nowMs = 1_800_000_000_000;

describe('retry tokens', () => {
  const tokens = new RetryTokens();
  const originalId = randomBytes(16);
  const retryId = randomBytes(8);
  const token = tokens.mint(from, originalId, retryId, nowMs);

  it('give the original connection id back to who proves its address', () => {
    expect(tokens.check(token, from, retryId, nowMs + 1_000)).toEqual(originalId);
  });

  it('are worth nothing elsewhere, later, changed, or to another process', () => {
    expect(tokens.check(token, { ...from, port: 1 }, retryId, nowMs)).toBeUndefined();
    expect(tokens.check(token, { ...from, host: '10.0.0.6' }, retryId, nowMs)).toBeUndefined();
    expect(tokens.check(token, from, randomBytes(8), nowMs)).toBeUndefined();
    expect(tokens.check(token, from, retryId, nowMs + 60_000)).toBeUndefined();
    expect(new RetryTokens().check(token, from, retryId, nowMs)).toBeUndefined();
    for (let at = 0; at < token.length; at++) {
      const changed = Buffer.from(token);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(tokens.check(changed, from, retryId, nowMs)).toBeUndefined();
    }
    for (const length of [0, 1, 16, 24, 25, 100]) {
      expect(tokens.check(randomBytes(length), from, retryId, nowMs)).toBeUndefined();
    }
  });
});

describe('stateless resets', () => {
  const id = randomBytes(8);

  it('carry the token of a connection that a former process told', () => {
    const token = new ResetSender('key').token(id);
    const reset = new ResetSender('key').build(id, 100, nowMs);
    expect(reset && resetTokenOf(reset)).toBe(Buffer.from(token).toString('latin1'));
    const other = new ResetSender('another key').build(id, 100, nowMs);
    expect(other && resetTokenOf(other)).not.toBe(Buffer.from(token).toString('latin1'));
  });

  it('are shorter than what they answer, until there is none', () => {
    const sender = new ResetSender('key');
    let bytes = 1_200;
    let rounds = 0;
    for (; rounds < 100; rounds++) {
      const reset = sender.build(id, bytes, nowMs);
      if (reset === undefined) break;
      expect(reset.length).toBeLessThan(bytes);
      bytes = reset.length;
    }
    expect(rounds).toBeLessThan(30);
  });

  it('are bounded in number per second', () => {
    const sender = new ResetSender('key');
    const count = (at: number) =>
      Array.from({ length: 1_000 }, () => sender.build(id, 100, at)).filter(Boolean).length;
    expect([count(nowMs), count(nowMs + 500), count(nowMs + 1_000)]).toEqual([200, 0, 200]);
  });
});

describe('long headers', () => {
  it('are read in every version, and never past the end', () => {
    const packet = Buffer.from('c00000000104aabbccdd02eeff99', 'hex');
    expect(hasLongHeader(packet)).toBe(true);
    expect(parseLongHeader(packet)).toEqual({
      version: 1,
      destination: Buffer.from('aabbccdd', 'hex'),
      source: Buffer.from('eeff', 'hex'),
    });
    for (let length = 0; length < 13; length++) {
      expect(parseLongHeader(packet.subarray(0, length))).toBeUndefined();
    }
    packet[5] = 21;
    expect(parseLongHeader(Buffer.concat([packet, Buffer.alloc(50)]))).toBeUndefined();
  });
});
