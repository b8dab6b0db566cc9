// Functions of the catalog whose answer does not depend on what they are asked about.

import type { CatalogModel } from './model.ts';

type Value = null | number | bigint | string | Uint8Array;
type ConstantFunction = (model: CatalogModel, ...args: readonly Value[]) => number | null;

/** True for whatever is there, NULL for NULL. */
const yes: ConstantFunction = (_model, ...args) => (args[0] === null ? null : 1);

/** Everything that is no relation is found without its schema. */
const visible = [
  'pg_type_is_visible',
  'pg_function_is_visible',
  'pg_operator_is_visible',
  'pg_opclass_is_visible',
  'pg_opfamily_is_visible',
  'pg_collation_is_visible',
  'pg_conversion_is_visible',
  'pg_statistics_obj_is_visible',
  'pg_ts_config_is_visible',
  'pg_ts_dict_is_visible',
  'pg_ts_parser_is_visible',
  'pg_ts_template_is_visible',
];

export const constantFunctions: Readonly<Record<string, ConstantFunction>> = {
  ...Object.fromEntries(visible.map((name) => [name, yes])),
  // SQLite counts pages for a whole file only.
  pg_relation_size: () => 0,
};
