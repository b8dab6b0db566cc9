// `patina cluster`: the members as this node sees them, and its own place among them.

import { askConfiguredAgent, type CommandContext, printJson, printLine } from '../context.ts';
import { printTable } from '../table.ts';

/** Prints the members of the cluster. */
export async function runMembers(context: CommandContext): Promise<void> {
  const result = await askConfiguredAgent(context, 'clusterMembers', {});
  if (context.flags.json === true) return printJson(context, result);
  await printTable(
    context.io.stdout,
    ['actor', 'address', 'state', 'incarnation', 'rtt ms', 'ring'],
    result.members.map((member) => [
      member.actor_id,
      member.address,
      member.state,
      member.incarnation,
      member.rtt_ms === null ? null : Math.round(member.rtt_ms * 100) / 100,
      member.ring,
    ]),
  );
}

/** Prints the raw states of the membership protocol, members that are down included. */
export async function runStates(context: CommandContext): Promise<void> {
  const result = await askConfiguredAgent(context, 'clusterStates', {});
  if (context.flags.json === true) return printJson(context, result);
  await printTable(
    context.io.stdout,
    ['actor', 'address', 'state', 'incarnation'],
    result.states.map(({ actor_id, address, state, incarnation }) => [
      actor_id,
      address,
      state,
      incarnation,
    ]),
  );
}

/** Announces this node anew. */
export async function runRejoin(context: CommandContext): Promise<void> {
  const result = await askConfiguredAgent(context, 'clusterRejoin', {});
  if (context.flags.json === true) return printJson(context, result);
  await printLine(context, `announced again, incarnation ${result.incarnation}`);
}

/** Takes this node out of the cluster; it goes on serving its own database. */
export async function runLeave(context: CommandContext): Promise<void> {
  const result = await askConfiguredAgent(context, 'clusterLeave', {});
  if (context.flags.json === true) return printJson(context, result);
  await printLine(context, 'left the cluster; patina cluster rejoin comes back');
}
