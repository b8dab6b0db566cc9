// `patina log`: changes what a running agent writes to its log.

import type { AdminParams } from '../../admin/protocol.ts';
import { askConfiguredAgent, type CommandContext, printJson, printLine } from '../context.ts';

/** Sets the level until the agent ends or the level is reset. */
export async function runLogSet(
  context: CommandContext,
  level: AdminParams['logSet']['level'],
): Promise<void> {
  const result = await askConfiguredAgent(context, 'logSet', { level });
  if (context.flags.json === true) return printJson(context, result);
  await printLine(context, `the log level is ${result.level}`);
}

/** Goes back to the level of the configuration. */
export async function runLogReset(context: CommandContext): Promise<void> {
  const result = await askConfiguredAgent(context, 'logReset', {});
  if (context.flags.json === true) return printJson(context, result);
  await printLine(context, `the log level is ${result.level}`);
}
