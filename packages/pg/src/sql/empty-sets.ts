// Functions of the catalog that yield rows elsewhere and none here: there are no access lists, no options of
// foreign servers, no publications, no partitions. Tools such as pg_dump ask them all the same.

import type { Oid } from '../types/oids.ts';
import { typeIds } from './type-catalog.ts';

interface SetColumn {
  readonly name: string;
  readonly type: Oid;
}

const { bool, int4, name, oid, oidvector, pg_node_tree: tree, regclass, text } = typeIds;

/** Columns by the function's name. */
export const emptySets: ReadonlyMap<string, readonly SetColumn[]> = new Map([
  ['aclexplode', columns({ grantor: oid, grantee: oid, privilege_type: text, is_grantable: bool })],
  ['pg_options_to_table', columns({ option_name: text, option_value: text })],
  ['pg_get_publication_tables', columns({ relid: oid, attrs: oidvector, qual: tree })],
  ['pg_partition_ancestors', columns({ relid: regclass })],
  [
    'pg_partition_tree',
    columns({ relid: regclass, parentrelid: regclass, isleaf: bool, level: int4 }),
  ],
  ['pg_extension_update_paths', columns({ source: name, target: name, path: text })],
  ['pg_prepared_xact', columns({ transaction: oid, gid: text, ownerid: oid, dbid: oid })],
]);

function columns(types: Readonly<Record<string, Oid>>): SetColumn[] {
  return Object.entries(types).map(([column, type]) => ({ name: column, type }));
}
