// What an SQL function of ours is, before it is installed in one of the two SQLite libraries.

/** A value as functions get it: INTEGERs are numbers where those are exact, else bigints. */
export type Cell = null | number | bigint | string | Uint8Array;

/**
 * What functions answer: a bigint or a boolean is an INTEGER, a number is a REAL, whatever its value, in both
 * libraries.
 */
export type Answer = Cell | boolean;

export interface ScalarFunction {
  readonly kind: 'scalar';
  readonly name: string;
  /** How many arguments it takes: one number, several, or any. */
  readonly arity: number | readonly number[] | 'any';
  /** Whether equal arguments give equal answers for ever. */
  readonly isDeterministic: boolean;
  /** NULL for any argument that is NULL, without being called; true unless said otherwise. */
  readonly isStrict?: boolean;
  /** Throws what {@link sqlFault} makes. */
  readonly run: (...args: Cell[]) => Answer;
}

export interface AggregateFunction {
  readonly kind: 'aggregate';
  readonly name: string;
  readonly arity: number | 'any';
  /** A fresh state, which the steps change. */
  readonly start: () => unknown;
  /** Returns the state to go on with. */
  readonly step: (state: never, ...args: Cell[]) => unknown;
  readonly result: (state: never) => Answer;
}

export type SqlFunction = ScalarFunction | AggregateFunction;

/** Shorthand for the common kind: deterministic and strict. */
export function scalar(
  name: string,
  arity: ScalarFunction['arity'],
  run: ScalarFunction['run'],
  more: Partial<Pick<ScalarFunction, 'isDeterministic' | 'isStrict'>> = {},
): ScalarFunction {
  return { kind: 'scalar', name, arity, isDeterministic: true, run, ...more };
}

/** An aggregate with the type of its state kept together. */
export function aggregate<State>(
  name: string,
  arity: AggregateFunction['arity'],
  parts: {
    readonly start: () => State;
    readonly step: (state: State, ...args: Cell[]) => State;
    readonly result: (state: State) => Answer;
  },
): AggregateFunction {
  return { kind: 'aggregate', name, arity, ...parts };
}
