// The last lines of the log, as they were written: whatever the log masks is masked here too.

import type { LogLine } from '@patina/api/insights/shapes.ts';
import { MomentLog, type Range } from './moment-log.ts';

/** Lines kept, and characters of the fields of one. */
const linesMax = 2_000;
const fieldsCharsMax = 1_000;
const messageCharsMax = 500;

const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;

type Level = LogLine['level'];

export class LogRing {
  readonly #lines: MomentLog<Omit<LogLine, 'hlc' | 'at_ms'>>;

  constructor(wallMs: () => number) {
    this.#lines = new MomentLog(linesMax, wallMs);
  }

  /** Takes a line as the logger wrote it: JSON. */
  add(jsonLine: string): void {
    const parsed: unknown = JSON.parse(jsonLine);
    if (typeof parsed !== 'object' || parsed === null) return;
    const { level, msg, component, time: _time, ...rest }: Record<string, unknown> = { ...parsed };
    this.#lines.add({
      level: levels.find((each) => each === level) ?? 'info',
      component: typeof component === 'string' ? component : null,
      message: (typeof msg === 'string' ? msg : '').slice(0, messageCharsMax),
      fields: JSON.stringify(rest).slice(0, fieldsCharsMax),
    });
  }

  /** Lines of this level and above. */
  read(range: Range, level: Level): LogLine[] {
    const least = levels.indexOf(level);
    return this.#lines.read(range, (line) => levels.indexOf(line.level) >= least);
  }
}
