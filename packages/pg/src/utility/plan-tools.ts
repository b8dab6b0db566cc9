// What planning a command needs of the planner around it.

import type { Node, TypeName } from 'libpg-query';
import type { SchemaView } from '../schema-view.ts';
import type { PlannedQuery, PlannedWrite } from '../sql/planned.ts';
import type { PgType } from '../types/oids.ts';

export interface PlanTools {
  readonly schema: SchemaView;
  /**
   * Plans a query or a write that stands inside another statement. `text` is the text that the locations in
   * `node` count in. Throws PgError.
   */
  planInner(node: Node, text: string): PlannedQuery | PlannedWrite;
  /** The type that a name stands for. Throws PgError 42704. */
  resolveType(name: TypeName): PgType;
  /**
   * A place of the statement's text, given in bytes as nodes have it, as errors tell it: in characters of
   * the query string, from 1. undefined for a place that is not known.
   */
  positionOf(location: number | undefined): number | undefined;
}
