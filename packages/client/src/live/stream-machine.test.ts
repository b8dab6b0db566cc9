// Whatever is cut off, refused, lost or answered by another node: the changes that a program is told,
// folded, are the final result, under ids that rise by exactly 1.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ClientError } from '../client-error.ts';
import { type RowObject, rowMaker } from '../rows.ts';
import type { SubscriptionLine } from './server-lines.ts';
import { retryPolicyDefault, type StreamEffect, StreamMachine } from './stream-machine.ts';
import { type LiveEvent, SubscriptionFold } from './subscription-fold.ts';
import { ModelNode, Truth, type TruthRow } from './testing/model-node.ts';

const statement = '"SELECT key, value FROM truth"';

/** What a program makes of the events alone. */
class Program {
  readonly rows = new Map<number, RowObject>();
  order: number[] = [];
  changeId = 0;
  snapshots = 0;
  restarts = 0;
  changes = 0;

  take(event: LiveEvent<RowObject>): void {
    if (event.type === 'restarted') {
      this.restarts++;
      expect(event.reason).not.toBe('');
      return;
    }
    if (event.type === 'snapshot') {
      this.snapshots++;
      this.changeId = event.changeId;
      this.order = [...event.rowIds];
      for (const [index, id] of event.rowIds.entries()) this.rows.set(id, event.rows[index] ?? {});
      expect(this.rows.size).toBe(event.rows.length);
      return;
    }
    expect(event.changes.length).toBeGreaterThan(0);
    const out = new Set<number>();
    const placed: [number, number][] = [];
    for (const { type, rowId, row, changeId, position } of event.changes) {
      expect(changeId).toBe(this.changeId + 1);
      this.changeId = changeId;
      this.changes++;
      expect(this.rows.has(rowId), `${type} of row ${rowId}`).toBe(type !== 'insert');
      // A repetition would say again what is known.
      if (type === 'update' && position === undefined)
        expect(row).not.toEqual(this.rows.get(rowId));
      if (type === 'delete') this.rows.delete(rowId);
      else this.rows.set(rowId, row);
      if (type === 'delete' || position !== undefined) out.add(rowId);
      if (position !== undefined) placed.push([position, rowId]);
      else if (type === 'insert') this.order.push(rowId);
    }
    expect(event.changeId).toBe(this.changeId);
    this.order = this.order.filter((id) => !out.has(id));
    for (const [position, id] of placed.toSorted(([a], [b]) => a - b)) {
      this.order.splice(position, 0, id);
    }
  }

  inOrder(): (RowObject | undefined)[] {
    return this.order.map((id) => this.rows.get(id));
  }
}

type Op =
  | { readonly op: 'write'; readonly key: number; readonly value: string | undefined }
  | { readonly op: 'catch-up'; readonly node: number; readonly count: number }
  | { readonly op: 'deliver'; readonly count: number }
  | { readonly op: 'cut' | 'silence' | 'lag' | 'heartbeat' | 'refuse' | 'garbage' | 'restart' }
  | { readonly op: 'trim' | 'reset'; readonly node: number };

/** The machine between a program and nodes, with lines under way. */
class World {
  readonly truth = new Truth();
  readonly nodes: ModelNode[];
  readonly program = new Program();
  fold: SubscriptionFold<RowObject>;
  machine: StreamMachine<SubscriptionLine, LiveEvent<RowObject>>;
  connected: { readonly attempt: number; readonly node: ModelNode } | undefined;
  waiting: number | undefined;
  underWay: SubscriptionLine[] = [];
  refuseNext = false;

  constructor(nodes: number, isOrdered: boolean) {
    this.nodes = Array.from({ length: nodes }, (_, n) => new ModelNode(this.truth, n, isOrdered));
    this.fold = this.#makeFold();
    this.machine = this.#makeMachine();
    this.step(this.machine.step({ kind: 'start' }, 0.5));
  }

  #makeFold(state?: ReturnType<SubscriptionFold<RowObject>['save']>): SubscriptionFold<RowObject> {
    return new SubscriptionFold({
      make: rowMaker<RowObject>({}),
      rowsMax: 1_000,
      statement,
      state,
    });
  }

  #makeMachine(): StreamMachine<SubscriptionLine, LiveEvent<RowObject>> {
    const retry = { ...retryPolicyDefault, failuresMax: 100_000 };
    return new StreamMachine(this.fold, { urls: this.nodes.length, firstUrl: 0, retry });
  }

  step(effects: readonly StreamEffect<LiveEvent<RowObject>>[]): void {
    for (const effect of effects) {
      if (effect.kind === 'tell') for (const event of effect.events) this.program.take(event);
      if (effect.kind === 'hang-up') this.connected = undefined;
      if (effect.kind === 'wait') this.waiting = effect.attempt;
      if (effect.kind === 'connect') this.#connect(effect);
    }
  }

  #connect({ attempt, urlIndex, from }: Extract<StreamEffect<never>, { kind: 'connect' }>): void {
    const node = this.nodes[urlIndex];
    if (node === undefined) throw new Error('an address that is not there');
    this.connected = { attempt, node };
    this.underWay = node.open(from);
    if (!this.refuseNext) return;
    this.refuseNext = false;
    this.lose(new ClientError('PATINA_UNREACHABLE', 'connection refused', { retry: true }));
  }

  lose(error: ClientError): void {
    const attempt = this.connected?.attempt ?? 0;
    this.underWay = [];
    this.step(this.machine.step({ kind: 'lost', attempt, error }, 0.5));
    this.goOn();
  }

  /** Lets the time between two connections pass. */
  goOn(): void {
    const attempt = this.waiting;
    this.waiting = undefined;
    if (attempt !== undefined) this.step(this.machine.step({ kind: 'waited', attempt }, 0.5));
  }

  deliver(count: number): void {
    for (let n = 0; n < count; n++) {
      const line = this.underWay.shift();
      if (line === undefined || this.connected === undefined) return;
      this.line(line);
    }
  }

  line(line: SubscriptionLine): void {
    const { attempt } = this.connected ?? { attempt: 0 };
    this.step(this.machine.step({ kind: 'line', attempt, line }, 0.5));
    this.goOn();
  }

  do(op: Op): void {
    switch (op.op) {
      case 'write': {
        const rows: TruthRow[] = this.truth.now.filter(({ key }) => key !== op.key);
        if (op.value !== undefined) rows.push({ key: op.key, value: op.value });
        this.truth.write(rows);
        break;
      }
      case 'catch-up': {
        const node = this.nodes[op.node % this.nodes.length];
        const lines = node?.catchUp(op.count) ?? [];
        if (this.connected?.node === node) this.underWay.push(...lines);
        break;
      }
      case 'deliver':
        this.deliver(op.count);
        break;
      case 'cut':
        this.lose(new ClientError('PATINA_UNREACHABLE', 'cut', { retry: true }));
        break;
      case 'silence':
        this.lose(new ClientError('PATINA_TIMEOUT', 'silence', { retry: true }));
        break;
      case 'refuse':
        this.refuseNext = true;
        break;
      case 'lag':
        this.underWay = [];
        this.line({ kind: 'lagged' });
        break;
      case 'heartbeat':
        this.line({ kind: 'heartbeat' });
        break;
      case 'garbage':
        // A change that was never there: the client must not believe it.
        if (this.machine.status !== 'live') break;
        this.underWay = [];
        this.line({
          kind: 'change',
          change: { type: 'update', rowId: 5, cells: [1], changeId: 999, position: undefined },
        });
        break;
      case 'restart':
        this.#restart();
        break;
      default:
        this.#disturb(op.op, this.nodes[op.node % this.nodes.length]);
    }
    this.check();
  }

  #disturb(op: 'trim' | 'reset', node: ModelNode | undefined): void {
    if (op === 'trim') node?.trim();
    if (op === 'reset') {
      node?.reset();
      if (this.connected?.node === node) {
        this.lose(new ClientError('PATINA_UNREACHABLE', 'it went', { retry: true }));
      }
    }
  }

  /** The program itself starts again, with what it had saved as JSON. */
  #restart(): void {
    const state = this.fold.save();
    if (state === undefined) return;
    this.step(this.machine.step({ kind: 'close' }, 0.5));
    this.fold = this.#makeFold(JSON.parse(JSON.stringify(state)));
    this.machine = this.#makeMachine();
    this.step(this.machine.step({ kind: 'start' }, 0.5));
  }

  /** Everything arrives; then all have the same. */
  heal(): void {
    this.refuseNext = false;
    for (let round = 0; round < 3; round++) {
      for (const node of this.nodes) {
        const lines = node.catchUp(Number.POSITIVE_INFINITY);
        if (this.connected?.node === node) this.underWay.push(...lines);
      }
      this.deliver(Number.POSITIVE_INFINITY);
    }
  }

  /** What the program made of the events is what the client shows. */
  check(): void {
    expect(this.program.changeId).toBe(this.fold.result.changeId);
    expect(sortedKeys(this.program.rows.values())).toEqual(sortedKeys(this.fold.result.rows));
  }
}

function sortedKeys(rows: Iterable<RowObject>): string[] {
  return [...rows].map((row) => JSON.stringify(row)).toSorted();
}

const node = fc.nat({ max: 2 });
const opArbitrary: fc.Arbitrary<Op> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      op: fc.constant('write' as const),
      key: fc.nat({ max: 6 }),
      value: fc.option(fc.constantFrom('a', 'b', 'c', 'd'), { nil: undefined, freq: 3 }),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      op: fc.constant('catch-up' as const),
      node,
      count: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 10,
    arbitrary: fc.record({
      op: fc.constant('deliver' as const),
      count: fc.integer({ min: 1, max: 12 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      op: fc.constantFrom(
        ...(['cut', 'silence', 'lag', 'heartbeat', 'refuse', 'garbage', 'restart'] as const),
      ),
    }),
  },
  { weight: 2, arbitrary: fc.record({ op: fc.constantFrom('trim', 'reset'), node }) },
);

/** What a node that keeps its changes can make good without telling all anew. */
const mendable = opArbitrary.filter(
  ({ op }) => op !== 'trim' && op !== 'reset' && op !== 'garbage',
);

describe('a live query over many connections', () => {
  it('tells the final result, nothing twice and nothing left out', () => {
    const seen = { restarts: 0, changes: 0 };
    const property = fc.property(
      fc.integer({ min: 1, max: 3 }),
      fc.boolean(),
      fc.array(opArbitrary, { maxLength: 80, size: 'max' }),
      (nodes, isOrdered, ops) => {
        const world = new World(nodes, isOrdered);
        for (const op of ops) world.do(op);
        world.heal();
        world.check();
        const { program, truth } = world;
        expect(sortedKeys(program.rows.values())).toEqual(sortedKeys(truth.now.map(rowOf)));
        if (isOrdered) expect(program.inOrder()).toEqual(truth.now.map(rowOf));
        expect(program.snapshots).toBe(1);
        expect(world.machine.status).toBe('live');
        seen.restarts += program.restarts;
        seen.changes += program.changes;
      },
    );
    fc.assert(property, { numRuns: 1_000 });
    // The faults were there.
    expect(seen.restarts).toBeGreaterThan(100);
    expect(seen.changes).toBeGreaterThan(1_000);
  });

  it('goes on exactly where it was at a node that knows the query', () => {
    const ops = fc.array(mendable, { maxLength: 60, size: 'max' });
    const property = fc.property(fc.boolean(), ops, (isOrdered, list) => {
      const world = new World(1, isOrdered);
      for (const op of list) world.do(op);
      world.heal();
      expect(sortedKeys(world.program.rows.values())).toEqual(
        sortedKeys(world.truth.now.map(rowOf)),
      );
      expect(world.program.restarts).toBe(0);
    });
    fc.assert(property, { numRuns: 500 });
  });
});

function rowOf({ key, value }: TruthRow): RowObject {
  return { key, value };
}
