// From the first byte to the first ReadyForQuery: encryption, who it is, the password, the settings.

import { ScramServer, scramMechanism } from '../auth/scram-server.ts';
import { PgError } from '../pg-error.ts';
import {
  authenticationCleartext,
  authenticationOk,
  authenticationSasl,
  authenticationSaslContinue,
  authenticationSaslFinal,
  backendKeyData,
  negotiateProtocolVersion,
} from '../protocol/backend.ts';
import type { StartupPacket } from '../protocol/frontend.ts';
import { MessageReader } from '../protocol/message-reader.ts';
import { decodeUtf8 } from '../protocol/utf8.ts';
import type { Identified } from './requests.ts';
import type { Flow, SessionCore } from './session-core.ts';

type Startup = Extract<StartupPacket, { kind: 'startup' }>;

/** Names of startup parameters that are no settings. */
const ownParameters: ReadonlySet<string> = new Set(['user', 'database', 'options', 'replication']);

/** Leads a client through its log-in. Throws PgError, which is fatal. */
export function* startUp(core: SessionCore, packet: Startup): Flow<void> {
  const { major, minor, parameters } = packet;
  if (major !== 3) {
    const sentence = `unsupported frontend protocol ${major}.${minor}: server supports 3.0 to 3.0`;
    throw new PgError('0A000', sentence);
  }
  const user = parameters.get('user') ?? '';
  if (user === '')
    throw new PgError('28000', 'no PostgreSQL user name specified in startup packet');
  if (!/^(?:|0|off|no|false)$/i.test(parameters.get('replication') ?? '')) {
    throw new PgError('0A000', 'replication connections are not supported', {
      hint: 'Nodes replicate among themselves; follow changes with COPY (SUBSCRIBE (…)) TO STDOUT.',
    });
  }
  core.user = user;
  core.database = parameters.get('database') ?? user;
  const unknown = [...parameters.keys()].filter((name) => name.startsWith('_pq_.'));
  if (minor > 0 || unknown.length > 0) core.send(negotiateProtocolVersion(unknown));
  const answer = yield* core.askFor({
    kind: 'identify',
    user,
    database: core.database,
    applicationName: parameters.get('application_name') ?? '',
    isEncrypted: core.isEncrypted,
  });
  if (answer.kind !== 'identified') throw new PgError('XX000', 'nobody said who this is');
  yield* authenticate(core, user, answer.identified);
  yield* core.ask({ kind: 'logged-in' });
  if (answer.identified.isReadOnly)
    core.settings.setStandard('default_transaction_read_only', 'on');
  takeSettings(core, parameters);
  core.settings.fix('session_authorization', user);
  core.database = core.options.databaseName;
  core.send(authenticationOk);
  core.reportSettings();
  core.send(backendKeyData(core.options.processId, core.options.secret));
}

function* authenticate(core: SessionCore, user: string, identified: Identified): Flow<void> {
  if (identified.method === 'trust') return;
  if (identified.method === 'password') {
    core.send(authenticationCleartext);
    const bytes = yield* passwordMessage(core);
    const password = new MessageReader(Buffer.from(bytes)).text();
    yield* core.ask({ kind: 'check-password', password });
    return;
  }
  yield* authenticateByScram(core, user, identified);
}

function* authenticateByScram(
  core: SessionCore,
  user: string,
  { verifier, isUnknown }: Extract<Identified, { method: 'scram-sha-256' }>,
): Flow<void> {
  core.send(authenticationSasl([scramMechanism]));
  const scram = new ScramServer(verifier, core.options.serverNonce);
  const reader = new MessageReader(Buffer.from(yield* passwordMessage(core)));
  const mechanism = reader.text();
  if (mechanism !== scramMechanism) {
    throw new PgError('08P01', 'client selected an invalid SASL authentication mechanism');
  }
  const first = scram.receive(decodeUtf8(reader.value() ?? new Uint8Array(0)));
  if (first.kind !== 'continue') throw new PgError('08P01', 'malformed SCRAM message');
  core.send(authenticationSaslContinue(first.data));
  const last = scram.receive(decodeUtf8(yield* passwordMessage(core)));
  if (last.kind !== 'final' || isUnknown) {
    const reason = isUnknown ? 'no such user' : 'wrong password';
    core.tell({ kind: 'log-in-failed', user, reason });
    throw wrongPassword(user);
  }
  core.send(authenticationSaslFinal(last.data));
}

function* passwordMessage(core: SessionCore): Flow<Uint8Array> {
  const message = yield* core.nextMessage();
  if (message.kind === 'password') return message.bytes;
  if (message.kind === 'terminate') throw new PgError('08006', 'the client went away');
  throw new PgError('08P01', `expected password response, got message ${message.kind}`);
}

/** 28P01, in PostgreSQL's words. */
export function wrongPassword(user: string): PgError {
  return new PgError('28P01', `password authentication failed for user "${user}"`);
}

/** Settings of the startup message, which are what RESET goes back to. */
function takeSettings(core: SessionCore, parameters: ReadonlyMap<string, string>): void {
  for (const [name, value] of optionsOf(parameters.get('options') ?? '')) {
    core.settings.setStandard(name, value);
  }
  for (const [name, value] of parameters) {
    if (ownParameters.has(name) || name.startsWith('_pq_.')) continue;
    core.settings.setStandard(name, value);
  }
}

/** `-c name=value` and `--name=value`, blanks with a backslash before them. */
function optionsOf(text: string): [string, string][] {
  const words = text.match(/(?:\\.|\S)+/g) ?? [];
  const settings: [string, string][] = [];
  const plain = (word: string): string => word.replaceAll(/\\(.)/g, '$1');
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? '';
    let pair: string;
    if (word === '-c') {
      index++;
      pair = plain(words[index] ?? '');
    } else if (word.startsWith('-c')) pair = plain(word.slice(2));
    else if (word.startsWith('--')) pair = plain(word.slice(2));
    else {
      throw new PgError('42601', `invalid command-line argument for server process: ${word}`, {
        hint: 'Settings are given as -c name=value.',
      });
    }
    const at = pair.indexOf('=');
    if (at < 0) throw new PgError('42601', `-c ${pair} requires a value`);
    settings.push([pair.slice(0, at).replaceAll('-', '_'), pair.slice(at + 1)]);
  }
  return settings;
}
