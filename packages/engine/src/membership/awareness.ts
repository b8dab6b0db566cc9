// Local health (Lifeguard): how likely it is that we ourselves are the reason for missing answers.
// The worse our score, the more patient we are with others.

export class Awareness {
  readonly #max: number;
  #score = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** 0 is healthy. */
  get score(): number {
    return this.#score;
  }

  /** By how much timeouts and periods are stretched. */
  get factor(): number {
    return 1 + this.#score;
  }

  /** Moves the score by `delta`, within 0..max. */
  adjust(delta: number): void {
    this.#score = Math.min(this.#max, Math.max(0, this.#score + delta));
  }
}
