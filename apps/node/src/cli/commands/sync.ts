// `patina sync` and `patina actor`: what this node has of every actor, and what it lacks.

import { type ActorId, parseActorId } from '@patina/engine/base/actor-id.ts';
import { PatinaError } from '@patina/engine/base/errors.ts';
import type { AdminResults } from '../../admin/protocol.ts';
import { askConfiguredAgent, type CommandContext, printJson, printLine } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import { printTable } from '../table.ts';

interface Range {
  readonly start: number;
  readonly end: number;
}

/** Prints heads, gaps and partials. */
export async function runSyncState(context: CommandContext): Promise<void> {
  const state = await askConfiguredAgent(context, 'syncState', {});
  if (context.flags.json === true) return printJson(context, state);
  const actors = Object.keys(state.heads).sort();
  await printTable(
    context.io.stdout,
    ['actor', 'head', 'missing', 'partial', 'this node'],
    actors.map((actor) => [
      actor,
      state.heads[actor] ?? null,
      showRanges(state.need[actor] ?? []),
      Object.keys(state.partial_need[actor] ?? {}).join(' '),
      actor === state.actor_id ? 'yes' : '',
    ]),
  );
}

/**
 * Compares the bookkeeping in memory with that on disk; the exit code says whether they are equal.
 */
export async function runSyncVerify(context: CommandContext): Promise<number> {
  const report = await askConfiguredAgent(context, 'syncVerify', {});
  if (context.flags.json === true) await printJson(context, report);
  else await printReport(context, report);
  return report.ok ? exitCodes.ok.code : exitCodes.failed.code;
}

async function printReport(
  context: CommandContext,
  report: AdminResults['syncVerify'],
): Promise<void> {
  if (report.ok) {
    await printLine(
      context,
      `consistent: ${report.db_actors} actors, the same in memory and on disk`,
    );
    return;
  }
  await printLine(context, 'NOT consistent: the bookkeeping in memory differs from that on disk');
  const findings = [
    ...report.value_mismatch_actors.map((actor) => [actor, 'differs']),
    ...report.only_in_memory_actors.map((actor) => [actor, 'only in memory']),
    ...report.only_in_db_actors.map((actor) => [actor, 'only on disk']),
  ];
  await printTable(context.io.stdout, ['actor', 'finding'], findings);
}

/** Prints what is known of one version of one actor. */
export async function runActorVersion(
  context: CommandContext,
  actorText: string,
  version: number,
): Promise<void> {
  const actorId = neededActorId(actorText);
  const result = await askConfiguredAgent(context, 'actorVersion', { actor_id: actorId, version });
  if (context.flags.json === true) return printJson(context, result);
  await printTable(
    context.io.stdout,
    ['actor', 'version', 'state', 'last seq', 'seqs here'],
    [[result.actor_id, result.version, result.state, result.last_seq, showRanges(result.seqs)]],
  );
}

/** An actor id from the command line, with or without dashes. */
export function neededActorId(text: string): ActorId {
  const actorId = parseActorId(text);
  if (actorId !== undefined) return actorId;
  throw new PatinaError('PATINA_BAD_REQUEST', `${JSON.stringify(text)} is not an actor id`, {
    hint: 'It has 32 hex digits, with or without dashes; patina cluster members lists them.',
  });
}

function showRanges(ranges: readonly Range[]): string {
  const shown = ranges.slice(0, rangesShown).map(({ start, end }) => {
    return start === end ? String(start) : `${start}-${end}`;
  });
  const more = ranges.length - shown.length;
  return more > 0 ? `${shown.join(' ')} and ${more} more` : shown.join(' ');
}

const rangesShown = 8;
