// What the demo shows: lines that stay, and below them a block that changes in place on a terminal.
// Elsewhere the block is printed as plain lines, so that a log of the demo reads well.

import type { Writable } from 'node:stream';

/** A stream that may be a terminal. */
export type ScreenStream = Writable & { readonly isTTY?: boolean; readonly columns?: number };

const columnsDefault = 80;

// Control sequences of terminals: to the start of the line n lines above, and clear from here on.
const up = (lines: number): string => `\u001b[${lines}F`;
const clearBelow = '\u001b[J';
const dimOn = '\u001b[2m';
const boldOn = '\u001b[1m';
const styleOff = '\u001b[0m';

export class Screen {
  readonly #stream: ScreenStream;
  readonly #isStyled: boolean;
  #block: readonly string[] = [];

  /** Styles are left out where `NO_COLOR` is set, as is custom. */
  constructor(stream: ScreenStream, env: Readonly<Record<string, string | undefined>>) {
    this.#stream = stream;
    this.#isStyled = stream.isTTY === true && (env.NO_COLOR ?? '') === '';
  }

  get isTerminal(): boolean {
    return this.#stream.isTTY === true;
  }

  get columns(): number {
    return this.#stream.columns ?? columnsDefault;
  }

  dim(text: string): string {
    return this.#isStyled ? `${dimOn}${text}${styleOff}` : text;
  }

  bold(text: string): string {
    return this.#isStyled ? `${boldOn}${text}${styleOff}` : text;
  }

  /** Prints a line that stays, above the block. */
  line(text = ''): void {
    if (!this.isTerminal || this.#block.length === 0) {
      this.#stream.write(`${text}\n`);
      return;
    }
    this.#stream.write(`${up(this.#block.length)}${clearBelow}${text}\n${joined(this.#block)}`);
  }

  /** Shows the block anew: in place on a terminal, as plain lines elsewhere. */
  block(lines: readonly string[]): void {
    if (!this.isTerminal) {
      this.#stream.write(joined(lines));
      return;
    }
    // A line that wraps would take two rows, and the way back up would be wrong.
    const shown = lines.map((line) => line.slice(0, this.columns - 1));
    const back = this.#block.length === 0 ? '' : `${up(this.#block.length)}${clearBelow}`;
    this.#block = shown;
    this.#stream.write(back + joined(shown));
  }

  /** Lets the block stay as it is; what follows goes below it. */
  keepBlock(): void {
    this.#block = [];
  }
}

function joined(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}
