// From a request as it came through the admin socket to the handler of its command.

import { PatinaError } from '@patina/engine/base/errors.ts';
import type { AdminCommand, AdminHandlers } from './protocol.ts';
import { adminRequest, adminShapes, isAdminCommand } from './protocol.ts';

/** Runs a command, or refuses to. */
export type AroundCommand = (
  command: AdminCommand,
  run: () => Promise<unknown>,
) => Promise<unknown>;

const asItIs: AroundCommand = (_command, run) => run();

/** Checks a request and runs it; rejects with PATINA_BAD_REQUEST, or as the handler does. */
export async function dispatch(
  request: unknown,
  handlers: AdminHandlers,
  around: AroundCommand = asItIs,
): Promise<unknown> {
  const parsed = adminRequest.safeParse(request);
  if (!parsed.success) {
    throw new PatinaError('PATINA_BAD_REQUEST', 'an admin request needs a command and params');
  }
  const { command, params } = parsed.data;
  if (!isAdminCommand(command)) {
    throw new PatinaError(
      'PATINA_BAD_REQUEST',
      `unknown admin command ${JSON.stringify(command)}`,
      {
        hint: 'The command line and the agent may be of different versions.',
      },
    );
  }
  return around(command, () => run(command, params ?? {}, handlers));
}

async function run<C extends AdminCommand>(
  command: C,
  rawParams: unknown,
  handlers: AdminHandlers,
): Promise<unknown> {
  const params = adminShapes[command].params.safeParse(rawParams);
  if (!params.success) {
    const issue = params.error.issues[0];
    const place = issue === undefined ? '' : `${issue.path.join('.')}: ${issue.message}`;
    throw new PatinaError('PATINA_BAD_REQUEST', `bad parameters for ${command}: ${place}`);
  }
  return handlers[command](params.data);
}
