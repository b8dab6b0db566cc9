// Statements as readers are sent them, made once for each plan and way of writing its rows.

import { PreparedRead } from '../reader/reader-pool.ts';
import type { ReaderOutput } from '../reader/reader-protocol.ts';
import type { RunSettings } from '../session/requests.ts';
import type { PlannedQuery } from '../sql/planned.ts';

/** Ways of writing the rows of one plan; more are made anew each time. */
const waysMax = 16;

class PreparedReads {
  readonly #byPlan = new WeakMap<PlannedQuery, Map<string, PreparedRead>>();

  /** The same object for the same plan, output and settings. */
  of(query: PlannedQuery, output: ReaderOutput, settings: RunSettings): PreparedRead {
    let ways = this.#byPlan.get(query);
    if (ways === undefined) {
      ways = new Map();
      this.#byPlan.set(query, ways);
    }
    const way = `${outputKey(output)} ${settingsKey(settings)}`;
    const known = ways.get(way);
    if (known !== undefined) return known;
    const { sql, columns, readsCatalog } = query;
    const read = new PreparedRead({
      sql,
      columns: columns.map(({ name, type }) => ({ name, type })),
      output,
      // The timeout is kept by the endpoint.
      settings: { ...settings, statementTimeoutMs: 0 },
      readsCatalog,
    });
    if (ways.size < waysMax) ways.set(way, read);
    return read;
  }
}

function outputKey(output: ReaderOutput): string {
  if (output.kind === 'rows') return output.formats.join('');
  return output.kind === 'copy' ? JSON.stringify(output.options) : output.kind;
}

function settingsKey(settings: RunSettings): string {
  const { timeZone, byteaOutput, extraFloatDigits, intervalStyle, dateStyle } = settings;
  return `${timeZone} ${byteaOutput} ${extraFloatDigits} ${intervalStyle} ${dateStyle}`;
}

export const preparedReads: PreparedReads = new PreparedReads();
