// SET, RESET and DISCARD; and what SHOW shows.

import { PgError } from '../pg-error.ts';
import { commandComplete, textRow } from '../protocol/backend.ts';
import type { SettingStatement } from '../utility/utility-statement.ts';
import type { SessionCore } from './session-core.ts';
import { unknownSetting } from './settings.ts';
import { letGo } from './transaction-flow.ts';

export function runSettingStatement(
  core: SessionCore,
  statement: Exclude<SettingStatement, { kind: 'show' }>,
): void {
  switch (statement.kind) {
    case 'set':
      set(core, statement.name, statement.value, statement.isLocal);
      core.send(commandComplete('SET'));
      return;
    case 'reset':
      if (statement.name === 'all') core.settings.resetAll();
      else core.settings.set(statement.name, undefined, false);
      core.send(commandComplete('RESET'));
      return;
    default:
      discard(core, statement.what);
      core.send(commandComplete(`DISCARD ${statement.what.toUpperCase()}`));
  }
}

/** What SELECT set_config(…) does: as SET, but silent where `isLocal` has no transaction. */
export function setConfig(core: SessionCore, name: string, value: string, isLocal: boolean): void {
  if (!isLocal || core.transaction.isBlock) set(core, name, value, isLocal);
}

function set(core: SessionCore, name: string, value: string | undefined, isLocal: boolean): void {
  const { transaction, settings } = core;
  switch (name.toLowerCase()) {
    case 'transaction_read_only':
      settings.set(name, value, false);
      if (transaction.isOpen) transaction.isReadOnly = settings.isOn(name);
      return;
    case 'transaction_isolation':
      settings.set(name, value, false);
      if (transaction.isOpen) transaction.isolation = settings.get(name) ?? transaction.isolation;
      return;
    case 'session_authorization':
    case 'role':
      if (value === undefined || value === core.user || value === 'none') return;
      throw new PgError('42501', `permission denied to set role "${value}"`, {
        hint: 'Connect as that user.',
      });
    default:
  }
  if (isLocal && !transaction.isBlock) {
    core.notice('WARNING', '25P01', 'SET LOCAL can only be used in transaction blocks');
  }
  settings.set(name, value, isLocal);
  if (!transaction.isOpen) settings.endLocal();
}

/** The rows of SHOW. Throws 42704. */
export function shownSettings(core: SessionCore, name: string): Uint8Array[] {
  if (name === 'all') {
    return core.settings
      .all()
      .map(({ name: setting, value, description }) =>
        textRow([setting, core.setting(setting.toLowerCase()) ?? value, description]),
      );
  }
  const value = name.toLowerCase() === 'role' ? 'none' : core.setting(name.toLowerCase());
  if (value === undefined) throw unknownSetting(name);
  return [textRow([value])];
}

function discard(core: SessionCore, what: 'all' | 'plans' | 'sequences' | 'temp'): void {
  if (what !== 'all') return;
  core.transaction.forbidBlock('DISCARD ALL');
  letGo(
    core,
    core.portals.remove(() => true),
  );
  core.settings.resetAll();
  core.statements.clear();
  core.notifications.listen({ kind: 'unlisten', channel: '*' }, core.transaction.isOpen);
}
