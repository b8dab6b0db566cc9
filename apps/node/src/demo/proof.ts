// The proof that nodes are equal: for each table the number of its rows and one checksum over all their
// values and types, in the order of the key, computed from what the public API answers.

import { createHash } from 'node:crypto';
import type { NodeClient } from './node-client.ts';
import { type DemoTable, demoTables } from './tables.ts';

/** How long reading one table may take, seconds. */
const readSecondsMax = 60;

/** Hex digits of the checksum that are shown: 128 bits. */
const digitsShown = 32;

export interface TableProof {
  readonly table: string;
  readonly rows: number;
  /** SHA-256, hex. */
  readonly checksum: string;
}

/** Reads one table. The JSON of a value does not tell 1 from 1.0, so the types are read as well. */
export async function proveTable(node: NodeClient, table: DemoTable): Promise<TableProof> {
  const hash = createHash('sha256');
  let rows = 0;
  for await (const row of node.rows(proofSql(table), readSecondsMax)) {
    rows++;
    hash.update(`${row}\n`);
  }
  return { table: table.name, rows, checksum: hash.digest('hex') };
}

/** The query whose answer is hashed. */
export function proofSql({ name, columns, key }: DemoTable): string {
  const typed = columns.map((column) => `${column}, typeof(${column})`).join(', ');
  return `SELECT ${typed} FROM ${name} ORDER BY ${key}`;
}

/** All tables of all nodes: one list for each node. */
export function proveAll(nodes: readonly NodeClient[]): Promise<TableProof[][]> {
  return Promise.all(
    nodes.map(async (node) => {
      const proofs: TableProof[] = [];
      for (const table of demoTables) proofs.push(await proveTable(node, table));
      return proofs;
    }),
  );
}

/** Whether all nodes have the same. */
export function isEqual(proofs: readonly (readonly TableProof[])[]): boolean {
  return new Set(proofs.map((proof) => JSON.stringify(proof))).size <= 1;
}

/** The proof as a table for people, a line each. */
export function proofLines(proofs: readonly (readonly TableProof[])[]): string[] {
  const heading = ['table', 'node', 'rows', 'checksum'] as const;
  const lines = demoTables.flatMap(({ name }, index) =>
    proofs.map((proof, node) => {
      const { rows = 0, checksum = '' } = proof[index] ?? {};
      return [name, String(node + 1), String(rows), checksum.slice(0, digitsShown)] as const;
    }),
  );
  const width = (column: 0 | 1 | 2): number =>
    Math.max(...[heading, ...lines].map((line) => line[column].length));
  const [tableWidth, nodeWidth, rowsWidth] = [width(0), width(1), width(2)];
  return [heading, ...lines].map(([table, node, rows, checksum]) =>
    [table.padEnd(tableWidth), node.padStart(nodeWidth), rows.padStart(rowsWidth), checksum].join(
      '  ',
    ),
  );
}
