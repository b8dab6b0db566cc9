// `patina schema plan|apply` and `patina reload`: from declared to actual schema.

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { PatinaError } from '@patina/engine/base/errors.ts';
import type { AdminParams, AdminResults } from '../../admin/protocol.ts';
import { escapeControls } from '../cells.ts';
import { askConfiguredAgent, type CommandContext, printJson, printLine } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import { printTable } from '../table.ts';

/** A migration of a large table takes its time, milliseconds. */
const applyTimeoutMs = 10 * 60_000;

/** What `schema plan` and `schema apply` were asked for. */
export interface SchemaRequest {
  /** Files and directories; none means those that the agent is configured with. */
  readonly paths: readonly string[];
  readonly allowDestructive: boolean;
}

/** Prints what applying the schema would do; the exit code says whether it can be done. */
export async function runSchemaPlan(
  context: CommandContext,
  request: SchemaRequest,
): Promise<number> {
  const plan = await askConfiguredAgent(context, 'schemaPlan', paramsOf(request));
  await printSteps(context, plan, 'nothing to do: the schema is as declared');
  return plan.problems.length === 0 ? exitCodes.ok.code : exitCodes.refused.code;
}

/** Applies the schema. */
export async function runSchemaApply(
  context: CommandContext,
  request: SchemaRequest,
): Promise<void> {
  const params = paramsOf(request);
  const done = await askConfiguredAgent(context, 'schemaApply', params, applyTimeoutMs);
  await printSteps(context, done, 'nothing changed: the schema is as declared');
}

/** Makes the agent read its schema files again. */
export async function runReload(context: CommandContext): Promise<void> {
  const done = await askConfiguredAgent(context, 'reload', {}, applyTimeoutMs);
  await printSteps(context, done, 'reloaded; the schema is as declared');
}

function paramsOf({ paths, allowDestructive }: SchemaRequest): AdminParams['schemaPlan'] {
  const files = paths.length === 0 ? {} : { files: schemaFiles(paths) };
  return { ...files, allow_destructive: allowDestructive };
}

async function printSteps(
  context: CommandContext,
  { steps, problems }: AdminResults['schemaPlan'],
  nothing: string,
): Promise<void> {
  if (context.flags.json === true) return printJson(context, { steps, problems });
  if (steps.length === 0 && problems.length === 0) return printLine(context, nothing);
  if (steps.length > 0) {
    await printTable(
      context.io.stdout,
      ['step', 'table', 'name', 'loses data'],
      steps.map(({ kind, table, name, destructive }) => [
        kind,
        table ?? '',
        name,
        destructive ? 'yes' : '',
      ]),
    );
  }
  for (const { code, message, hint } of problems) {
    await printLine(context, escapeControls(`refused: ${message} (${code})`));
    await printLine(context, escapeControls(`hint: ${hint}`));
  }
}

/** Reads `.sql` files, and those in directories, in the order of their names. */
export function schemaFiles(paths: readonly string[]): { name: string; sql: string }[] {
  return paths.flatMap((path) => {
    try {
      const names = statSync(path).isDirectory()
        ? readdirSync(path)
            .filter((name) => name.endsWith('.sql'))
            .sort()
            .map((name) => join(path, name))
        : [path];
      return names.map((name) => ({ name, sql: readFileSync(name, 'utf8') }));
    } catch (error) {
      throw unreadable(path, error);
    }
  });
}

function unreadable(path: string, cause: unknown): PatinaError {
  return new PatinaError('PATINA_BAD_REQUEST', `cannot read the schema at ${path}`, {
    hint: 'Name .sql files, or directories that hold some.',
    cause,
  });
}
