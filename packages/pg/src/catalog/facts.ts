// What the catalog tells of a node beside its schema.

export interface CatalogSetting {
  readonly name: string;
  readonly value: string;
  readonly description: string;
  /** user, postmaster, internal … as in pg_settings. */
  readonly context: string;
}

export interface CatalogUser {
  readonly name: string;
  readonly isAdmin: boolean;
}

export interface CatalogFacts {
  /** The name that clients connect to. */
  readonly database: string;
  /** Users that may log in. */
  readonly users: readonly CatalogUser[];
  readonly settings: readonly CatalogSetting[];
}

/** Who owns everything, and its object id: that of PostgreSQL's first superuser. */
export const ownerName = 'patina';
export const ownerOid = 10;

/** Object ids that are the same in every PostgreSQL. */
export const fixedOids = {
  pgCatalog: 11,
  public: 2200,
  informationSchema: 13_183,
  heap: 2,
  btree: 403,
  defaultCollation: 100,
  cCollation: 950,
  defaultTablespace: 1663,
  globalTablespace: 1664,
  database: 5,
  plpgsql: 13_000,
  databaseOwner: 6171,
} as const;
