// How far the import is: a bar that grows in place on a terminal; elsewhere a line for each quarter.

import { count } from './numbers.ts';
import type { Screen } from './screen.ts';

const widthMin = 10;
const widthMax = 40;

/** Columns that the text beside the bar takes. */
const textColumns = 40;

export class ProgressBar {
  readonly #screen: Screen;
  #quarters = -1;

  constructor(screen: Screen) {
    this.#screen = screen;
  }

  show(rows: number, totalRows: number): void {
    const share = totalRows === 0 ? 1 : rows / totalRows;
    const quarters = Math.floor(share * 4);
    if (!this.#screen.isTerminal && quarters === this.#quarters) return;
    this.#quarters = quarters;
    const width = Math.max(widthMin, Math.min(widthMax, this.#screen.columns - textColumns));
    const filled = Math.round(share * width);
    const bar = `${'#'.repeat(filled)}${'.'.repeat(width - filled)}`;
    const percent = `${Math.floor(share * 100)} %`.padStart(5);
    this.#screen.block([`  [${bar}] ${percent}  ${count(rows)} rows`]);
  }
}
