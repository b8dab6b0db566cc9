// Questions of those who are limited to some tables: the node that answers has the schema, so it is the one
// that holds to the limits, wherever the question came in.

import { demand } from '@patina/api/access/policy.ts';
import type { Principal } from '@patina/api/access/principal.ts';
import { mayTouch } from '@patina/api/access/table-patterns.ts';
import type { TableVet } from '@patina/api/access/table-vet.ts';

export interface Limited {
  readonly access_tables?: readonly string[] | undefined;
}

export class LimitedAsker {
  readonly #vet: TableVet;

  constructor(vet: TableVet) {
    this.#vet = vet;
  }

  /** Rejects with PATINA_FORBIDDEN where the statement reads a table beyond the limits. */
  async checkSql({ access_tables: tables }: Limited, sql: string): Promise<void> {
    if (tables === undefined) return;
    const { tablesRead } = await this.#vet.tablesOf(sql, 'read');
    demand(asker(tables), { kind: 'read', tables: tablesRead });
  }

  /** Throws PATINA_FORBIDDEN where the table is beyond the limits, whether there is one of that name or not. */
  checkTable({ access_tables: tables }: Limited, name: string): void {
    if (tables !== undefined) demand(asker(tables), { kind: 'read', tables: [name] });
  }

  /** What may be seen of a list. */
  tablesOf<T>(
    { access_tables: tables }: Limited,
    all: readonly T[],
    name: (one: T) => string,
  ): T[] {
    return tables === undefined ? [...all] : all.filter((one) => mayTouch(tables, name(one)));
  }

  /** What may be seen of a list of statements. */
  async statementsOf<T>(
    limited: Limited,
    all: readonly T[],
    sql: (one: T) => string,
  ): Promise<T[]> {
    if (limited.access_tables === undefined) return [...all];
    const seen: T[] = [];
    for (const one of all) {
      // A statement that does not fit the schema any more tells of tables all the same.
      const isSeen = await this.checkSql(limited, sql(one)).then(
        () => true,
        () => false,
      );
      if (isSeen) seen.push(one);
    }
    return seen;
  }
}

function asker(tables: readonly string[]): Principal {
  return { name: 'somebody at a node of the cluster', roles: ['reader'], tables };
}
