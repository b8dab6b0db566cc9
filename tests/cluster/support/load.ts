// Load on a cluster, and a ledger of what was acknowledged: whatever is in the ledger must be found on
// every node in the end, whatever happened to the nodes meanwhile.

import type { TestNode } from '../harness.ts';
import { eventually } from './wait.ts';

/** The table of the ledger, and one of cells that all writers fight over. */
export const loadSchema = `
CREATE TABLE ledger (id TEXT NOT NULL PRIMARY KEY, node INTEGER, payload TEXT);
CREATE TABLE fought (id INTEGER NOT NULL PRIMARY KEY, x TEXT, y TEXT);
`;

const foughtRows = 11;

/** How long a writer waits for a node that is down, milliseconds. */
const upMsMax = 60_000;

const ledgerSql = 'INSERT INTO ledger VALUES (?, ?, ?)';
const foughtSql =
  'INSERT INTO fought VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET x = excluded.x, y = excluded.y';

export class Load {
  readonly acknowledged = new Set<string>();
  /** Writes whose answer never came: they may have happened or not. */
  readonly unknown = new Set<string>();
  readonly acknowledgedBy: number[];
  #isStopped = false;
  readonly #writers: Promise<void>[];

  /** Begins to write at all nodes, `writersPerNode` at each. */
  constructor(nodes: readonly TestNode[], writersPerNode: number) {
    this.acknowledgedBy = nodes.map(() => 0);
    this.#writers = nodes.flatMap((node, index) =>
      Array.from({ length: writersPerNode }, (_, writer) => this.#write(node, index, writer)),
    );
  }

  /** Writes no more; rejects if a writer met an error that no crash explains. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#writers);
  }

  async #write(node: TestNode, index: number, writer: number): Promise<void> {
    for (let n = 0; !this.#isStopped; n++) {
      const id = `${index + 1}-${writer}-${n}`;
      try {
        await node.api.transact([
          [ledgerSql, [id, index + 1, `payload of ${id}`]],
          [foughtSql, [n % foughtRows, id, id]],
        ]);
        this.acknowledged.add(id);
        this.acknowledgedBy[index] = (this.acknowledgedBy[index] ?? 0) + 1;
      } catch {
        this.unknown.add(id);
        await this.#waitUntilUp(node);
      }
    }
  }

  #waitUntilUp(node: TestNode): Promise<void> {
    const check = async (): Promise<void> => {
      if (!this.#isStopped) await node.api.health();
    };
    return eventually(`${node.name} is up again`, check, { withinMs: upMsMax });
  }
}

/** What is wrong with the ledger of a node, against what was acknowledged. */
export async function ledgerFaults(node: TestNode, load: Load): Promise<string[]> {
  const rows = await node.api.query('SELECT id, node, payload FROM ledger');
  const found = new Set(rows.map(([id]) => String(id)));
  const missing = [...load.acknowledged].filter((id) => !found.has(id));
  const invented = [...found].filter((id) => !load.acknowledged.has(id) && !load.unknown.has(id));
  const damaged = rows.filter(([id, , payload]) => payload !== `payload of ${id}`);
  return [
    ...missing.map((id) => `${node.name} lacks ${id}`),
    ...invented.map((id) => `${node.name} has ${id}, which nobody wrote`),
    ...damaged.map(([id]) => `${node.name} has a damaged ${id}`),
  ];
}
