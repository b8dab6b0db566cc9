// SCRAM-SHA-256 with the example of RFC 7677, with a verifier that PostgreSQL made, and with clients that lie.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeUpVerifier, ScramServer } from './scram-server.ts';
import { formatScramVerifier, makeScramVerifier, parseScramVerifier } from './scram-verifier.ts';
import { ScramClient } from './testing/scram-client.ts';

const seed = process.env['PATINA_SEED'] === 'random' ? Date.now() | 0 : 4;

const salt = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64');
const verifier = makeScramVerifier('pencil', salt, 4_096);

function logIn(server: ScramServer, client: ScramClient): string {
  const first = server.receive(client.first());
  if (first.kind !== 'continue') return first.kind;
  const last = server.receive(client.final(first.data));
  return last.kind === 'final' && !client.isServer(last.data) ? 'not the server' : last.kind;
}

describe('an exchange', () => {
  it('is that of RFC 7677, section 3', () => {
    const server = new ScramServer(verifier, '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0');
    expect(server.receive('n,,n=user,r=rOprNGfwEbeRWgbNEkqO')).toEqual({
      kind: 'continue',
      data: 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
    });
    const final =
      'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=';
    expect(server.receive(final)).toEqual({
      kind: 'final',
      data: 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
    });
  });

  it('succeeds with the password and fails with another', () => {
    expect(logIn(new ScramServer(verifier, 'x'), new ScramClient('pencil'))).toBe('final');
    expect(logIn(new ScramServer(verifier, 'x'), new ScramClient('pencils'))).toBe('wrong');
  });

  it('is the same for clients that could bind the channel', () => {
    const client = new ScramClient('pencil', 'nonce', 'y,,');
    expect(logIn(new ScramServer(verifier, 'x'), client)).toBe('final');
  });

  it.each([
    ['channel binding', 'p=tls-server-end-point,,n=,r=abc'],
    ['another identity', 'n,a=other,,n=,r=abc'],
    ['a mandatory extension', 'n,,m=1,n=,r=abc'],
    ['no nonce', 'n,,n='],
    ['nothing', ''],
  ])('refuses a first message with %s', (_what, message) => {
    expect(() => new ScramServer(verifier, 'x').receive(message)).toThrow(
      expect.objectContaining({ sqlState: '08P01' }),
    );
  });

  it.each([
    ['another nonce', (final: string) => final.replace('r=a-nonce', 'r=b-nonce')],
    ['another header', (final: string) => final.replace('c=biws', 'c=eSws')],
    ['no proof', (final: string) => final.replace(/,p=.*/, '')],
  ])('refuses a last message with %s', (_what, change) => {
    const server = new ScramServer(verifier, 'x');
    const client = new ScramClient('pencil');
    const first = server.receive(client.first());
    const final = client.final(first.kind === 'continue' ? first.data : '');
    expect(() => server.receive(change(final))).toThrow(
      expect.objectContaining({ sqlState: '08P01' }),
    );
  });

  it('never succeeds with bytes at random, nor throws anything but 08P01', () => {
    const client = new ScramClient('pencil');
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.string(), fc.constant(client.first())), { maxLength: 3 }),
        (messages) => {
          const server = new ScramServer(verifier, 'x');
          for (const message of messages) {
            try {
              expect(server.receive(message).kind).not.toBe('final');
            } catch (error) {
              expect(error).toHaveProperty('sqlState', '08P01');
            }
          }
        },
      ),
      { seed, numRuns: 500 },
    );
  });
});

describe('a user that is not there', () => {
  const secret = Buffer.from('a secret of the node');

  it('has the same salt every time, and another one than others', () => {
    expect(makeUpVerifier('eve', secret)).toEqual(makeUpVerifier('eve', secret));
    expect(makeUpVerifier('eve', secret).salt).not.toEqual(makeUpVerifier('mallory', secret).salt);
    expect(makeUpVerifier('eve', secret).salt).toHaveLength(16);
  });

  it('fails at the end of the exchange', () => {
    const server = new ScramServer(makeUpVerifier('eve', secret), 'x');
    expect(logIn(server, new ScramClient('pencil'))).toBe('wrong');
  });
});

describe('a verifier', () => {
  it('has the text that PostgreSQL keeps in pg_authid', () => {
    // select rolpassword from pg_authid, after create role r password 'a long secret'.
    const text =
      'SCRAM-SHA-256$4096:Hk4j2xv6cXjEMMMpbISyaA==$WkJ0nKeHb2L219HC16hMUHYKKVoC7u/qsqVo14Cffpc=:m1AbSOa3TmHp9qmHw+WHjtYr9zjg2HNo+w+H3o3/Z/4=';
    const parsed = parseScramVerifier(text);
    expect(parsed && formatScramVerifier(parsed)).toBe(text);
    const again = makeScramVerifier('a long secret', parsed?.salt ?? salt, 4_096);
    expect(formatScramVerifier(again)).toBe(text);
  });

  it('comes back from its text', () => {
    expect(parseScramVerifier(formatScramVerifier(verifier))).toEqual(verifier);
  });

  it.each([
    '',
    'pencil',
    'md5d41d8cd98f00b204e9800998ecf8427e',
    'SCRAM-SHA-256$0:c2FsdA==$AAAA:AAAA',
    formatScramVerifier(verifier).replace('4096', '9999999'),
    `${formatScramVerifier(verifier)} `,
  ])('is not %j', (text) => {
    expect(parseScramVerifier(text)).toBeUndefined();
  });

  it.each([
    ['ligatures', 'o\ufb03ce', 'office'],
    ['wide letters', '\uff50encil', 'pencil'],
    ['blanks of other widths', 'a\u00a0b', 'a b'],
    ['what is not seen', 'pen\u00adcil', 'pencil'],
    ['accents in two pieces', 'e\u0301', '\u00e9'],
  ])('is the same for %s (RFC 4013)', (_what, typed, plain) => {
    const one = makeScramVerifier(typed, salt, 1);
    expect(one.storedKey).toEqual(makeScramVerifier(plain, salt, 1).storedKey);
  });
});
