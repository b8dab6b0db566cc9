// The clients of the cluster: they write random transactions at random nodes, at random times, and keep
// account of the answers. Some of them are other programs, which write past the node into its file.

import { PatinaError } from '@patina/engine/base/errors.ts';
import type { Rng } from '@patina/engine/base/rng.ts';
import type { Cancel, LocalStatement } from '@patina/engine/ports.ts';
import type { Machine } from '../machine.ts';
import { describe } from '../machine.ts';
import { chance, exponential, pick } from '../random.ts';
import type { World } from '../world.ts';
import { Ledger } from './ledger.ts';
import {
  failingStatement,
  ledgerEntry,
  writeContended,
  writeLargeGroup,
  writeSmallGroup,
} from './transactions.ts';

/** How long another program's writes stay unnoticed at most, milliseconds. */
const noticeMsMax = 200;

/** Share of writes after which the client goes on at another node, and how long it waits there. */
const followShare = 0.2;
const followMsMax = 5_000;

type WriteKind = keyof World['plan']['weights'];

const writeKinds: readonly WriteKind[] = [
  'ledger',
  'hot',
  'atomic',
  'large',
  'mixed',
  'failing',
  'foreign',
];

export class Clients {
  readonly #world: World;
  readonly #rng: Rng;
  readonly ledger = new Ledger();
  #cancel: Cancel = () => {};
  #tokens = 0;
  /** Transactions that were sent. */
  sent = 0;
  /** Times that a client found at another node what it had waited for. */
  followed = 0;

  constructor(world: World, rng: Rng) {
    this.#world = world;
    this.#rng = rng;
  }

  /** Begins to write at the rate of the plan. */
  start(): void {
    const { time, plan } = this.#world;
    const planNext = (): void => {
      this.#cancel = time.after(exponential(this.#rng, 1_000 / plan.writesPerSecond), () => {
        planNext();
        this.#write();
      });
    };
    planNext();
  }

  stop(): void {
    this.#cancel();
  }

  /** Writes one entry at this machine; `done` says whether it was acknowledged. */
  writeEntry(machine: Machine, done: (isAcknowledged: boolean) => void): void {
    this.#send(machine, [], done);
  }

  #write(): void {
    const candidates = this.#world.machines.filter(
      ({ node, twin }) => node !== undefined && twin === undefined,
    );
    if (candidates.length === 0) return;
    const machine = pick(this.#rng, candidates);
    this.sent++;
    const kind = this.#drawKind();
    switch (kind) {
      case 'ledger':
        this.#send(machine, []);
        break;
      case 'hot':
        this.#send(machine, writeContended(this.#rng));
        break;
      case 'atomic':
        this.#send(machine, writeSmallGroup(this.#rng, this.#token()));
        break;
      case 'large':
        this.#send(machine, writeLargeGroup(this.#rng, this.#token()));
        break;
      case 'mixed':
        this.#send(machine, [
          ...writeSmallGroup(this.#rng, this.#token()),
          ...writeContended(this.#rng),
        ]);
        break;
      case 'failing':
        this.#send(machine, [...writeContended(this.#rng), failingStatement(this.#rng)]);
        break;
      case 'foreign':
        this.#writeForeign(machine);
        break;
    }
  }

  #drawKind(): WriteKind {
    const { weights } = this.#world.plan;
    const total = writeKinds.reduce((sum, kind) => sum + weights[kind], 0);
    let rest = this.#rng.float() * total;
    for (const kind of writeKinds) {
      rest -= weights[kind];
      if (rest < 0) return kind;
    }
    return 'ledger';
  }

  #token(): string {
    // Tokens do not grow with time: nothing may depend on the order of values.
    this.#tokens++;
    return `${this.#rng.below(1_000_000).toString(36)}-${this.#tokens}`;
  }

  #send(
    machine: Machine,
    statements: readonly LocalStatement[],
    done: (isAcknowledged: boolean) => void = () => {},
  ): void {
    const { trace, time, faults } = this.#world;
    const entry = this.ledger.open();
    const all = [ledgerEntry(entry, machine.index), ...statements];
    machine.transact({ statements: all }, (answer) => {
      const isAcknowledged = 'ok' in answer && answer.ok;
      if (isAcknowledged) machine.isUnsure = false;
      if ('ok' in answer && answer.ok) this.#follow(machine, answer.version, entry);
      this.ledger.settle(entry, isAcknowledged);
      trace.add(time.nowMs, `${machine.name} ${entry} ${isAcknowledged ? 'done' : 'refused'}`);
      if ('refused' in answer) {
        if (!(answer.refused instanceof PatinaError)) {
          this.#world.fail('refusal', `a write was refused by ${describe(answer.refused)}`);
        } else if (answer.refused.code === 'PATINA_CLOCK_DRIFT') faults.clockRefusals++;
      }
      done(isAcknowledged);
    });
  }

  /** Now and then a client goes on at another node, and waits there for what it has just written. */
  #follow(machine: Machine, version: number | undefined, entry: string): void {
    const actorId = machine.node?.actorId;
    if (version === undefined || actorId === undefined || !chance(this.#rng, followShare)) return;
    const other = pick(this.#rng, this.#world.machines);
    const { running } = other;
    running?.process.input(() => {
      running.node?.waitFor(actorId, version, followMsMax).then(
        () => {
          if (other.running !== running) return;
          this.followed++;
          if (this.ledger.isAt(other, entry)) return;
          const what = `${other.name} said that ${actorId}:${version} is there, ${entry} is not`;
          this.#world.fail('read your writes', what);
        },
        () => {
          // It did not arrive in time, or the node stopped: the client was told so.
        },
      );
    });
  }

  #writeForeign(machine: Machine): void {
    if (!machine.disk.isFile || machine.isUnsure) return;
    const { faults, time } = this.#world;
    const entry = this.ledger.open();
    const db = machine.disk.openForeign();
    try {
      db.exec('BEGIN IMMEDIATE');
      for (const { sql, params } of [
        ledgerEntry(entry, machine.index),
        ...writeContended(this.#rng),
      ]) {
        db.prepare(sql).run(...(Array.isArray(params) ? params : []));
      }
      db.exec('COMMIT');
      this.ledger.settle(entry, true);
      faults.foreignWrites++;
    } catch {
      // As any program does: what the tables refuse is not written.
      if (db.inTransaction) db.exec('ROLLBACK');
      this.ledger.settle(entry, false);
    } finally {
      db.close();
    }
    const noticedAfterMs = this.#rng.float() * noticeMsMax;
    time.after(noticedAfterMs, () => {
      const storage = machine.running?.storage;
      // An empty transaction looks for what others wrote, as the writer thread does now and then.
      storage?.transact({ statements: [] }).catch(() => {
        // A full disk takes nothing: the next transaction looks again.
      });
    });
  }
}
