// What clients were told: which of their entries were acknowledged, refused, or left in doubt. At the
// end every acknowledged entry must be on every node, and no refused one anywhere (P2, P3).

import type { Machine } from '../machine.ts';

export type EntryState = 'doubtful' | 'acknowledged' | 'refused';

export class Ledger {
  readonly #states = new Map<string, EntryState>();
  /** Acknowledged, but on no disk any more: the only ones that had them were lost. */
  readonly #lost = new Set<string>();
  #made = 0;

  /** A new entry, in doubt until its transaction is answered. */
  open(): string {
    const id = `e${this.#made++}`;
    this.#states.set(id, 'doubtful');
    return id;
  }

  settle(id: string, isAcknowledged: boolean): void {
    this.#states.set(id, isAcknowledged ? 'acknowledged' : 'refused');
  }

  /** Whether the entry is visible on this machine. */
  isAt(machine: Machine, id: string): boolean {
    const sql = 'SELECT 1 FROM ledger WHERE id = ?';
    return machine.disk.db.prepare<[string]>(sql).get(id) !== undefined;
  }

  count(state: EntryState): number {
    let count = 0;
    for (const other of this.#states.values()) if (other === state) count++;
    return count;
  }

  /** Notes which acknowledged entries are on none of these machines: disks have just been lost. */
  noteLoss(machines: readonly Machine[]): void {
    const kept = new Set<string>();
    for (const machine of machines) for (const id of idsAt(machine)) kept.add(id);
    for (const [id, state] of this.#states) {
      if (state === 'acknowledged' && !kept.has(id)) this.#lost.add(id);
    }
  }

  /** What is wrong with the ledger on this machine; undefined when nothing is. */
  faultAt(machine: Machine): string | undefined {
    const present = new Set(idsAt(machine));
    for (const [id, state] of this.#states) {
      if (state === 'acknowledged' && !present.has(id) && !this.#lost.has(id)) {
        return `${machine.name} lacks entry ${id}, which was acknowledged`;
      }
      if (state === 'refused' && present.has(id)) {
        return `${machine.name} has entry ${id}, which was refused`;
      }
    }
    for (const id of present) {
      if (!this.#states.has(id)) return `${machine.name} has entry ${id}, which nobody wrote`;
    }
    return undefined;
  }
}

function idsAt(machine: Machine): string[] {
  return machine.disk.db.prepare<[], string>('SELECT id FROM ledger').pluck().all();
}
