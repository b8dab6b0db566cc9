// Laws of sessions, over conversations at random: pieces do not matter, every Sync is answered once, and no bytes
// make a session throw, hang on to anything, or keep more than its limits. Environment: PATINA_SEED=random.

import fc from 'fast-check';
import { loadModule } from 'libpg-query';
import { beforeAll, describe, expect, it } from 'vitest';
import { type ClientMessage, encodeClient } from './testing/client-messages.ts';
import { randomConversation } from './testing/random-conversation.ts';
import { SqliteExecution } from './testing/sqlite-execution.ts';
import { TestSession, testTables } from './testing/test-session.ts';

const seed = process.env['PATINA_SEED'] === 'random' ? Date.now() | 0 : 5;
const runs = Number(process.env['PATINA_RUNS'] ?? 150);

beforeAll(() => loadModule());

function withSession<T>(use: (session: TestSession, execution: SqliteExecution) => T): T {
  const execution = new SqliteExecution(testTables);
  try {
    return use(new TestSession(execution).logIn(), execution);
  } finally {
    execution.close();
  }
}

const isReady = (line: string): boolean => line.startsWith('ReadyForQuery');

describe('a session', () => {
  it('answers the same in pieces of any size', () => {
    fc.assert(
      fc.property(randomConversation, fc.array(fc.integer({ min: 1, max: 40 })), (parts, sizes) => {
        const bytes = Buffer.concat(parts.flat().map(encodeClient));
        const whole = withSession((session) => session.receive(bytes));
        const pieces = withSession((session) => {
          const lines: string[] = [];
          for (let at = 0, piece = 0; at < bytes.length; piece++) {
            const size = sizes.length === 0 ? 1 : (sizes[piece % sizes.length] ?? 1);
            lines.push(...session.receive(bytes.subarray(at, at + size)));
            at += size;
          }
          return lines;
        });
        expect(pieces).toEqual(whole);
      }),
      { seed, numRuns: runs },
    );
  });

  it('answers every Sync and every Query with one ReadyForQuery, unless COPY takes it', () => {
    fc.assert(
      fc.property(randomConversation, (parts) => {
        withSession((session) => {
          for (const message of parts.flat()) {
            if (session.session.isClosed) return;
            const wasCopying = session.session.isCopying;
            const ready = session.say(message).filter(isReady).length;
            if (wasCopying) continue;
            const isCopying = session.session.isCopying;
            if (message[0] === 'Sync') expect(ready).toBe(1);
            else if (message[0] !== 'Query') expect(ready).toBe(0);
            else expect(ready).toBeLessThanOrEqual(isCopying ? 0 : 1);
          }
        });
      }),
      { seed, numRuns: runs },
    );
  });

  it('is in a transaction exactly when its node is, once it is idle', () => {
    fc.assert(
      fc.property(randomConversation, (parts) => {
        withSession((session, execution) => {
          for (const messages of parts) {
            const last = session.say(...messages).findLast(isReady);
            if (session.session.isClosed || session.session.isCopying) return;
            expect(execution.held.isInTransaction).toBe(last !== 'ReadyForQuery I');
          }
        });
      }),
      { seed, numRuns: runs },
    );
  });

  it('leaves nothing at its node after a rollback and CLOSE ALL', () => {
    fc.assert(
      fc.property(randomConversation, (parts) => {
        withSession((session, execution) => {
          session.say(...parts.flat());
          if (session.session.isClosed) return;
          session.say(
            ['CopyFail', 'enough'],
            ['Sync'],
            ['Query', 'rollback'],
            ['Query', 'close all'],
          );
          expect(execution.held).toEqual({ portals: 0, isInTransaction: false });
        });
      }),
      { seed, numRuns: runs },
    );
  });

  it('never throws whatever bytes come, and answers with whole messages', () => {
    const change = fc.record({
      at: fc.nat(),
      kind: fc.constantFrom('flip', 'cut', 'insert', 'length'),
      byte: fc.nat(255),
    });
    fc.assert(
      fc.property(
        randomConversation,
        fc.array(change, { minLength: 1, maxLength: 6 }),
        (parts, changes) => {
          let bytes: Buffer = Buffer.concat(parts.flat().map(encodeClient));
          for (const one of changes)
            bytes = mutate(bytes, one.kind, one.at % bytes.length, one.byte);
          withSession((session) => {
            session.receive(bytes);
            if (session.session.isClosed) expect(session.others.at(-1)).toEqual({ kind: 'close' });
          });
        },
      ),
      { seed, numRuns: runs * 2 },
    );
  });

  it('never throws at bytes that come before a log-in', () => {
    const start = fc.constantFrom<ClientMessage>(
      ['Startup', { user: 'a' }],
      ['Startup', { user: 'a', options: '-c' }],
      ['Startup', { user: 'a', replication: 'true' }],
      ['GSSENCRequest'],
      ['CancelRequest', 1, 2],
    );
    fc.assert(
      fc.property(
        fc.array(start, { maxLength: 3 }),
        fc.array(fc.nat(255)),
        fc.nat(),
        (before, noise, at) => {
          const bytes = Buffer.concat(before.map(encodeClient));
          const place = at % (bytes.length + 1);
          const execution = new SqliteExecution(testTables);
          const session = new TestSession(execution);
          const mixed = [bytes.subarray(0, place), Buffer.from(noise), bytes.subarray(place)];
          // Not read as lines: GSSENCRequest is answered by a byte.
          session.session.receive(Buffer.concat(mixed));
          execution.close();
        },
      ),
      { seed, numRuns: runs * 2 },
    );
  });
});

function mutate(bytes: Buffer, kind: string, at: number, byte: number): Buffer {
  if (kind === 'cut') return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + byte)]);
  if (kind === 'insert') {
    return Buffer.concat([
      bytes.subarray(0, at),
      Buffer.alloc(byte, at & 0xff),
      bytes.subarray(at),
    ]);
  }
  const changed = Buffer.from(bytes);
  if (kind === 'flip') changed[at] = (changed[at] ?? 0) ^ (1 << (byte % 8));
  else if (at + 4 <= changed.length) changed.writeUInt32BE((byte << 24) >>> 0, at);
  return changed.length === 0 ? Buffer.from([byte]) : changed;
}
