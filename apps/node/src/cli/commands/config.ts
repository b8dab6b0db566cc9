// `patina config check`: whether an agent would start with this configuration, and where each value
// comes from. Secrets stay hidden.

import { checkConfig } from '../../config/check.ts';
import { showValue } from '../../config/option.ts';
import { listedOptions } from '../../config/option-list.ts';
import type { Config } from '../../config/options.ts';
import { configWarnings } from '../../config/warnings.ts';
import { type CommandContext, loadedConfig, printJson, printLine } from '../context.ts';
import { printTable } from '../table.ts';

/** Checks the configuration as `patina agent` would, and prints it. */
export async function runConfigCheck(context: CommandContext): Promise<void> {
  const loaded = await loadedConfig(context);
  const config = checkConfig(loaded.config);
  const rows = listedOptions.map(({ key, place, option }) => {
    const value = valueAt(config, place);
    const text = value === undefined ? undefined : showValue(option, value);
    return { key, text, from: loaded.origins.get(key) ?? 'default' };
  });
  const warnings = configWarnings(config, loaded.file);
  if (context.flags.json === true) {
    const values = rows.map(({ key, text, from }) => [key, { value: text ?? null, from }]);
    const options = Object.fromEntries(values);
    return printJson(context, { file: loaded.file ?? null, options, warnings });
  }
  await printTable(
    context.io.stdout,
    ['key', 'value', 'from'],
    rows.map(({ key, text, from }) => [key, text ?? '', from]),
  );
  for (const warning of warnings) await printLine(context, `warning: ${warning}`);
  const source = loaded.file ?? 'there is no configuration file; environment and defaults';
  await printLine(context, `ok: ${source}`);
}

function valueAt(config: Config, place: readonly string[]): unknown {
  let node: unknown = config;
  for (const name of place) {
    if (typeof node !== 'object' || node === null) return undefined;
    node = new Map<string, unknown>(Object.entries(node)).get(name);
  }
  return node;
}
