// Takes apart the lines `{"row":[n,[cells]]}` of a result as they come, cut anywhere, and without ever holding a
// whole row or cell: one may be larger than the memory that an answer is worth. Bytes are handled as Latin-1
// text, in which every byte is one character and back, so that nothing is decoded which only passes through.

/** Text and BLOBs come without their quotes and brackets; `plain` are numbers and null. */
export type CellKind = 'text' | 'blob' | 'plain';

/** Is told what a result consists of. */
export interface CellSink {
  startCell(kind: CellKind): void;
  /** A part of the JSON text of the cell; an escape may be cut too. */
  addToCell(part: string): void;
  endCell(): void;
  endRow(): void;
}

/** `lead`: before the cells of a row; `between`: after a cell; `trail`: after the cells of a row. */
type Place = 'lead' | 'cell' | CellKind | 'between' | 'trail';

/** The cells stand in the second array of a line. */
const leadBrackets = 2;

export class RowScanner {
  readonly #sink: CellSink;
  #place: Place = 'lead';
  #brackets = 0;
  /** The last part of a text ended with a backslash that belongs to what follows. */
  #isEscaped = false;

  constructor(sink: CellSink) {
    this.#sink = sink;
  }

  /** The next bytes of the result. */
  push(bytes: Uint8Array): void {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
    let at = 0;
    while (at < text.length) at = this.#step(text, at);
  }

  /** Reads on from `at`; returns the place after what was read. */
  #step(text: string, at: number): number {
    switch (this.#place) {
      case 'lead':
        return this.#lead(text, at);
      case 'cell':
        return this.#beginCell(text, at);
      case 'text':
        return this.#text(text, at);
      case 'blob':
        return this.#until(text, at, text.indexOf(']', at), 1);
      case 'plain':
        return this.#until(text, at, plainEnd(text, at), 0);
      case 'between':
        if (text[at] === ',') this.#place = 'cell';
        else this.#endRow();
        return at + 1;
      case 'trail': {
        const end = text.indexOf('\n', at);
        if (end === -1) return text.length;
        this.#place = 'lead';
        return end + 1;
      }
    }
  }

  #lead(text: string, at: number): number {
    const bracket = text.indexOf('[', at);
    if (bracket === -1) return text.length;
    this.#brackets++;
    if (this.#brackets === leadBrackets) {
      this.#brackets = 0;
      this.#place = 'cell';
    }
    return bracket + 1;
  }

  #beginCell(text: string, at: number): number {
    const first = text[at];
    if (first === ']') {
      this.#endRow();
      return at + 1;
    }
    const kind = first === '"' ? 'text' : first === '[' ? 'blob' : 'plain';
    this.#place = kind;
    this.#sink.startCell(kind);
    return kind === 'plain' ? at : at + 1;
  }

  #text(text: string, start: number): number {
    let at = this.#isEscaped ? start + 1 : start;
    this.#isEscaped = false;
    for (;;) {
      const quote = text.indexOf('"', at);
      const end = quote === -1 ? text.length : quote;
      // A backslash is one itself where another one stands before it.
      let first = end;
      while (first > at && text[first - 1] === '\\') first--;
      const isEscaped = (end - first) % 2 === 1;
      if (quote === -1) this.#isEscaped = isEscaped;
      if (quote === -1 || !isEscaped) return this.#until(text, start, quote, 1);
      at = quote + 1;
    }
  }

  /** Hands on the cell up to its end, if that is here, and goes on `skipped` characters after it. */
  #until(text: string, start: number, end: number, skipped: number): number {
    const part = text.slice(start, end === -1 ? text.length : end);
    if (part !== '') this.#sink.addToCell(part);
    if (end === -1) return text.length;
    this.#sink.endCell();
    this.#place = 'between';
    return end + skipped;
  }

  #endRow(): void {
    this.#sink.endRow();
    this.#place = 'trail';
  }
}

function plainEnd(text: string, at: number): number {
  const comma = text.indexOf(',', at);
  const bracket = text.indexOf(']', at);
  return comma === -1 || (bracket !== -1 && bracket < comma) ? bracket : comma;
}
