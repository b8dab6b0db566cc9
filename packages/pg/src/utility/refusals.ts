// Statements of PostgreSQL that Patina does not carry out, each with its name and the way out.

import type { Node } from 'libpg-query';
import { PgError } from '../pg-error.ts';
import { nodeKind } from './nodes.ts';

interface Refusal {
  readonly what: string;
  readonly hint: string | undefined;
}

const users = 'Users, roles and what they may do are managed by `patina user`.';
const server = 'Functions and other code do not run inside a Patina node: use the application.';
const schema = 'Tables, indexes and views of the schema "public" are what a Patina schema holds.';
const configuration = "The node's configuration file decides; see `patina --help`.";
const keys = 'Give ids by gen_random_uuid(), or declare the column as serial or identity.';

/** By the kind of the parser's node. */
const refusals: Readonly<Record<string, readonly [what: string, hint?: string]>> = {
  GrantStmt: ['GRANT and REVOKE', users],
  GrantRoleStmt: ['GRANT and REVOKE', users],
  AlterDefaultPrivilegesStmt: ['ALTER DEFAULT PRIVILEGES', users],
  CreateRoleStmt: ['CREATE ROLE', users],
  AlterRoleStmt: ['ALTER ROLE', users],
  AlterRoleSetStmt: ['ALTER ROLE', users],
  DropRoleStmt: ['DROP ROLE', users],
  ReassignOwnedStmt: ['REASSIGN OWNED', users],
  DropOwnedStmt: ['DROP OWNED', users],
  CreatePolicyStmt: ['CREATE POLICY', users],
  AlterPolicyStmt: ['ALTER POLICY', users],
  AlterOwnerStmt: ['ALTER … OWNER TO', users],
  CreateUserMappingStmt: ['CREATE USER MAPPING', users],
  AlterUserMappingStmt: ['ALTER USER MAPPING', users],
  DropUserMappingStmt: ['DROP USER MAPPING', users],
  DoStmt: ['DO', server],
  CallStmt: ['CALL', server],
  CreateFunctionStmt: ['CREATE FUNCTION', server],
  AlterFunctionStmt: ['ALTER FUNCTION', server],
  CreateTrigStmt: ['CREATE TRIGGER', server],
  CreateEventTrigStmt: ['CREATE EVENT TRIGGER', server],
  AlterEventTrigStmt: ['ALTER EVENT TRIGGER', server],
  CreatePLangStmt: ['CREATE LANGUAGE', server],
  RuleStmt: ['CREATE RULE', server],
  CreateCastStmt: ['CREATE CAST', server],
  CreateTransformStmt: ['CREATE TRANSFORM', server],
  CreateConversionStmt: ['CREATE CONVERSION', server],
  CreateAmStmt: ['CREATE ACCESS METHOD', server],
  CreateOpClassStmt: ['CREATE OPERATOR CLASS', server],
  CreateOpFamilyStmt: ['CREATE OPERATOR FAMILY', server],
  AlterOpFamilyStmt: ['ALTER OPERATOR FAMILY', server],
  AlterOperatorStmt: ['ALTER OPERATOR', server],
  LoadStmt: ['LOAD', server],
  CreateExtensionStmt: ['CREATE EXTENSION', server],
  AlterExtensionStmt: ['ALTER EXTENSION', server],
  AlterExtensionContentsStmt: ['ALTER EXTENSION', server],
  DefineStmt: ['CREATE AGGREGATE, OPERATOR, TYPE or TEXT SEARCH', server],
  CompositeTypeStmt: ['CREATE TYPE', schema],
  CreateEnumStmt: ['CREATE TYPE … AS ENUM', 'Use text with a CHECK constraint.'],
  AlterEnumStmt: ['ALTER TYPE', schema],
  AlterTypeStmt: ['ALTER TYPE', schema],
  CreateRangeStmt: ['CREATE TYPE … AS RANGE', schema],
  CreateDomainStmt: ['CREATE DOMAIN', 'Use the type itself with a CHECK constraint.'],
  AlterDomainStmt: ['ALTER DOMAIN', schema],
  CreateSeqStmt: ['CREATE SEQUENCE', keys],
  AlterSeqStmt: ['ALTER SEQUENCE', keys],
  CreateForeignTableStmt: ['CREATE FOREIGN TABLE', schema],
  CreateFdwStmt: ['CREATE FOREIGN DATA WRAPPER', schema],
  AlterFdwStmt: ['ALTER FOREIGN DATA WRAPPER', schema],
  CreateForeignServerStmt: ['CREATE SERVER', schema],
  AlterForeignServerStmt: ['ALTER SERVER', schema],
  ImportForeignSchemaStmt: ['IMPORT FOREIGN SCHEMA', schema],
  CreateStatsStmt: ['CREATE STATISTICS', schema],
  AlterStatsStmt: ['ALTER STATISTICS', schema],
  AlterObjectSchemaStmt: ['ALTER … SET SCHEMA', schema],
  AlterObjectDependsStmt: ['ALTER … DEPENDS ON EXTENSION', schema],
  AlterCollationStmt: ['ALTER COLLATION', schema],
  AlterTSConfigurationStmt: ['ALTER TEXT SEARCH CONFIGURATION', schema],
  AlterTSDictionaryStmt: ['ALTER TEXT SEARCH DICTIONARY', schema],
  RefreshMatViewStmt: [
    'REFRESH MATERIALIZED VIEW',
    'Live queries keep a result current: see COPY (SUBSCRIBE …) TO STDOUT.',
  ],
  CreatedbStmt: ['CREATE DATABASE', 'A node serves one database: start another node.'],
  AlterDatabaseStmt: ['ALTER DATABASE', configuration],
  AlterDatabaseRefreshCollStmt: ['ALTER DATABASE', configuration],
  AlterDatabaseSetStmt: ['ALTER DATABASE', configuration],
  DropdbStmt: ['DROP DATABASE', configuration],
  CreateTableSpaceStmt: ['CREATE TABLESPACE', configuration],
  AlterTableSpaceOptionsStmt: ['ALTER TABLESPACE', configuration],
  AlterTableMoveAllStmt: ['ALTER TABLE ALL IN TABLESPACE', configuration],
  DropTableSpaceStmt: ['DROP TABLESPACE', configuration],
  AlterSystemStmt: ['ALTER SYSTEM', configuration],
  CreatePublicationStmt: ['CREATE PUBLICATION', 'Every table is replicated to all nodes.'],
  AlterPublicationStmt: ['ALTER PUBLICATION', 'Every table is replicated to all nodes.'],
  CreateSubscriptionStmt: [
    'CREATE SUBSCRIPTION',
    'Every table is replicated to all nodes; for changes as they happen see SUBSCRIBE.',
  ],
  AlterSubscriptionStmt: ['ALTER SUBSCRIPTION'],
  DropSubscriptionStmt: ['DROP SUBSCRIPTION'],
  SecLabelStmt: ['SECURITY LABEL', users],
  MergeStmt: ['MERGE', 'Use INSERT … ON CONFLICT, UPDATE … FROM and DELETE … USING.'],
};

/** PgError 0A000 where the statement is one that is not carried out; undefined otherwise. */
export function refusalOf(node: Node): PgError | undefined {
  const refusal = knownRefusal(nodeKind(node));
  if (refusal === undefined) return undefined;
  return new PgError('0A000', `${refusal.what} is not supported`, { hint: refusal.hint });
}

function knownRefusal(kind: string): Refusal | undefined {
  if (!Object.hasOwn(refusals, kind)) return undefined;
  const [what, hint] = refusals[kind] ?? [kind];
  return { what, hint };
}
