// The nodes of a case: the followed one in a file, the others in memory, and what is on its way between
// them. Nodes of a schema are made once and copied.

import { writeFileSync } from 'node:fs';
import type { ActorId } from '@patina/engine/base/actor-id.ts';
import { PatinaError } from '@patina/engine/base/errors.ts';
import { seededRng, shuffled } from '@patina/engine/base/rng.ts';
import { applyReplicaSchema } from '@patina/engine/storage/schema-apply.ts';
import {
  openTestReplica,
  type TestReplica,
  testActor,
  testStartMs,
} from '@patina/engine/storage/testing.ts';
import Database from 'better-sqlite3';
import type { FuzzStep } from './fuzz-case.ts';

const actorDigits = ['a', 'b', 'c'] as const;

/** Images of fresh nodes that are kept, the latest. */
const imagesMax = 12;

const images = new Map<string, Buffer>();

function imageOf(actor: ActorId, schema: string): Buffer {
  const key = `${actor}${schema}`;
  const known = images.get(key);
  if (known !== undefined) return known;
  const { replica } = openTestReplica({ actor, schema });
  const image = replica.db.serialize();
  replica.db.close();
  const [oldest] = images.keys();
  if (images.size >= imagesMax && oldest !== undefined) images.delete(oldest);
  images.set(key, image);
  return image;
}

interface FuzzNode {
  readonly test: TestReplica;
  /** How much of `test.log` the others were given. */
  sent: number;
  readonly inbox: Uint8Array[];
  declared: string[];
}

export class FuzzNodes {
  readonly databasePath: string;
  readonly #nodes: FuzzNode[] = [];
  #foreign: Database.Database | undefined;

  constructor(databasePath: string, schema: readonly string[], count: number) {
    this.databasePath = databasePath;
    const text = `${schema.join(';\n')};`;
    const clock = { wallMs: testStartMs };
    for (const [index, digit] of actorDigits.slice(0, count).entries()) {
      const actor = testActor(digit);
      const image = imageOf(actor, text);
      if (index === 0) writeFileSync(databasePath, image);
      const db = new Database(index === 0 ? databasePath : image);
      if (index === 0) {
        db.pragma('journal_mode = WAL');
        db.pragma('synchronous = OFF');
      }
      const test = openTestReplica({ actor, schema: '', db, clock });
      this.#nodes.push({ test, sent: 0, inbox: [], declared: [...schema] });
    }
  }

  /** One transaction; what a constraint refuses leaves nothing. */
  write(index: number, statements: readonly string[]): void {
    const node = this.#nodes[index];
    if (node === undefined) return;
    node.test.clock.wallMs++;
    try {
      node.test.run(...statements);
    } catch (error) {
      if (!(error instanceof PatinaError)) throw error;
    }
    this.#send(node);
  }

  /** A transaction of a program that knows nothing of replication. */
  writeForeign(statements: readonly string[]): void {
    this.#foreign ??= new Database(this.databasePath);
    const db = this.#foreign;
    db.pragma('synchronous = OFF');
    try {
      db.transaction(() => {
        for (const statement of statements) db.exec(statement);
      })();
    } catch (error) {
      if (!(error instanceof Database.SqliteError)) throw error;
    }
  }

  adopt(): void {
    const [node] = this.#nodes;
    if (node === undefined) return;
    node.test.clock.wallMs++;
    node.test.log.push(...(node.test.replica.adoptForeignWrites()?.chunks ?? []));
    this.#send(node);
  }

  becomeActor(digit: string): void {
    const actor = testActor(digit);
    const replica = this.#nodes[0]?.test.replica;
    if (replica !== undefined && replica.actorId !== actor) replica.becomeActor(actor);
  }

  merge(step: FuzzStep & { kind: 'merge' }): void {
    const node = this.#nodes[step.node];
    if (node === undefined) return;
    const waiting = shuffled(seededRng(step.order), node.inbox);
    const [chunks, rest] = [waiting.slice(0, step.count), waiting.slice(step.count)];
    node.inbox.splice(0, node.inbox.length, ...rest);
    if (chunks.length === 0) return;
    const { adopted } = node.test.replica.merge(chunks);
    node.test.log.push(...adopted.flatMap((version) => version.chunks ?? []));
    this.#send(node);
  }

  /** Returns how many quarantined versions could be applied with it. */
  changeSchema(step: FuzzStep & { kind: 'schema' }): number {
    let applied = 0;
    for (const index of step.nodes) {
      const node = this.#nodes[index];
      if (node === undefined) continue;
      const { replica } = node.test;
      const others = node.declared.filter((statement) => statement !== step.old);
      const declared = [...new Set([...others, step.now])].sort(byKind);
      const { versions } = applyReplicaSchema(replica, [`${declared.join(';\n')};`], {
        allowDestructive: false,
      });
      node.declared = declared;
      const retried = replica.retryQuarantined('all');
      applied += retried.applied.length;
      for (const { chunks } of [...versions, ...retried.adopted])
        node.test.log.push(...(chunks ?? []));
      this.#send(node);
    }
    return applied;
  }

  close(): void {
    this.#foreign?.close();
    for (const { test } of this.#nodes) test.replica.db.close();
  }

  #send(from: FuzzNode): void {
    const chunks = from.test.log.slice(from.sent);
    from.sent = from.test.log.length;
    for (const node of this.#nodes) if (node !== from) node.inbox.push(...chunks);
  }
}

function byKind(a: string, b: string): number {
  const rank = (sql: string): number =>
    ['TABLE', 'INDEX', 'VIEW'].findIndex((kind) => sql.startsWith(`CREATE ${kind}`));
  return rank(a) - rank(b);
}
