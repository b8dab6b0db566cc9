// `patina schema plan|apply` and `patina reload`: from declared to actual schema.

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { PatinaError } from '@patina/engine/base/errors.ts';
import type { AdminResults } from '../../admin/protocol.ts';
import { askConfiguredAgent, type CommandContext, printJson, printLine } from '../context.ts';
import { printTable } from '../table.ts';

/** A migration of a large table takes its time, milliseconds. */
const applyTimeoutMs = 10 * 60_000;

/** Prints what applying the schema would do. Without paths the agent reads its own schema files. */
export async function runSchemaPlan(
  context: CommandContext,
  paths: readonly string[],
): Promise<void> {
  const files = paths.length === 0 ? {} : { files: schemaFiles(paths) };
  const plan = await askConfiguredAgent(context, 'schemaPlan', files);
  await printSteps(context, plan, 'nothing to do: the schema is as declared');
  if (plan.destructive && context.flags.json !== true) {
    await printLine(context, 'Some steps lose data: schema apply needs --allow-destructive.');
  }
}

/** Applies the schema. */
export async function runSchemaApply(
  context: CommandContext,
  paths: readonly string[],
  allowDestructive: boolean,
): Promise<void> {
  const files = paths.length === 0 ? {} : { files: schemaFiles(paths) };
  const params = { ...files, allow_destructive: allowDestructive };
  const done = await askConfiguredAgent(context, 'schemaApply', params, applyTimeoutMs);
  await printSteps(context, done, 'nothing changed: the schema is as declared');
}

/** Makes the agent read its schema files again. */
export async function runReload(context: CommandContext): Promise<void> {
  const done = await askConfiguredAgent(context, 'reload', {}, applyTimeoutMs);
  await printSteps(context, done, 'reloaded; the schema is as declared');
}

async function printSteps(
  context: CommandContext,
  result: AdminResults['schemaPlan'],
  nothing: string,
): Promise<void> {
  if (context.flags.json === true) return printJson(context, result);
  if (result.steps.length === 0) return printLine(context, nothing);
  await printTable(
    context.io.stdout,
    ['step', 'name', 'what it does', 'loses data'],
    result.steps.map(({ kind, name, summary, destructive }) => [
      kind,
      name,
      summary,
      destructive ? 'yes' : '',
    ]),
  );
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
