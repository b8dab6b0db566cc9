// What a figure of the benchmark is: a name, what it has to reach, and how it is measured.

/** What a figure is given to measure with. */
export interface BenchContext {
  /** A few seconds per figure: shows that everything works, not how fast it is. */
  readonly isQuick: boolean;
  /** Watches for false alarms for ten minutes instead of one. */
  readonly isLong: boolean;
  /** An empty directory for this figure alone; it is removed afterwards. */
  readonly directory: string;
  /** Where processes write their CPU profiles; undefined when they are not profiled. */
  readonly profileDirectory: string | undefined;
  /** Says what is being done. */
  progress(text: string): void;
}

/** What was found. */
export interface Measured {
  /** In a few words, for the table. */
  readonly measured: string;
  readonly isReached: boolean;
  /** Every number behind it, by a name that ends in its unit, for the JSON. */
  readonly values: Readonly<Record<string, number>>;
  /** What else is worth knowing, a line each. */
  readonly notes: readonly string[];
}

export interface Figure {
  /** For `--only`. */
  readonly name: string;
  /** For the table. */
  readonly title: string;
  /** What is to be reached, in a few words. */
  readonly target: string;
  measure(context: BenchContext): Promise<Measured>;
}
