// Signatures of functions and operators, written as lines of text, and the choice among them by the types of
// the arguments, by PostgreSQL's rules (manual, 10.2 and 10.3).
//
//   left(text, int4) -> text = pg_left($1, $2)
//
// Without `= …` the call keeps its name. In the SQL, $1 is an argument, $* all of them, $+ those from the
// first variadic one on, $z the session's time zone, $e1 and $o1 the object ids of the element type and the
// type of an argument. `text*` stands for any number of arguments, `any*` for any of any type.

import type { Oid } from '../types/oids.ts';
import {
  arrayOf,
  castsImplicitly,
  categoryOf,
  elementOf,
  isArray,
  isPreferred,
  typeByName,
  typeIds,
} from './type-catalog.ts';

export interface Signature {
  readonly name: string;
  readonly args: readonly Oid[];
  /** The type that the last argument has when it may come any number of times. */
  readonly variadic: Oid | undefined;
  readonly result: Oid;
  readonly template: string;
}

/** A signature with the types that its polymorphic arguments took. */
export interface Resolved {
  readonly signature: Signature;
  readonly args: readonly Oid[];
  readonly result: Oid;
}

export type Resolution = Resolved | 'none' | 'ambiguous';

const linePattern = /^(\S+?)\(([^)]*)\)\s*->\s*(\S+)(?:\s*=\s*(.+))?$/;

/** Reads a table of signatures. Throws for a line that is none: a mistake of the table. */
export function readSignatures(text: string): ReadonlyMap<string, readonly Signature[]> {
  const byName = new Map<string, Signature[]>();
  for (const raw of text.split('\n')) {
    const line = raw.trim();
    if (line === '' || line.startsWith('# ')) continue;
    const signature = readLine(line);
    const known = byName.get(signature.name);
    if (known === undefined) byName.set(signature.name, [signature]);
    else known.push(signature);
  }
  return byName;
}

function readLine(line: string): Signature {
  const match = linePattern.exec(line);
  if (match === null) throw new Error(`no signature: ${line}`);
  const [, name = '', argText = '', result = '', template] = match;
  const args: Oid[] = [];
  let variadic: Oid | undefined;
  for (const arg of argText.split(',')) {
    const trimmed = arg.trim();
    if (trimmed === '') continue;
    if (trimmed.endsWith('*')) variadic = typeOf(trimmed.slice(0, -1), line);
    else args.push(typeOf(trimmed, line));
  }
  return {
    name,
    args,
    variadic,
    result: typeOf(result, line),
    template: template ?? `${name}($*)`,
  };
}

function typeOf(name: string, line: string): Oid {
  const oid = typeByName(name);
  if (oid === undefined) throw new Error(`no type ${name}: ${line}`);
  return oid;
}

const polymorphic: ReadonlySet<Oid> = new Set<Oid>([
  typeIds.any,
  typeIds.anyelement,
  typeIds.anyarray,
  typeIds.anynonarray,
  typeIds.anycompatible,
  typeIds.anycompatiblearray,
]);

/** Chooses among signatures of one name. `unknown` stands for literals and parameters without a type. */
export function resolve(candidates: readonly Signature[], given: readonly Oid[]): Resolution {
  const fitting: Candidate[] = [];
  for (const signature of candidates) {
    const wanted = expand(signature, given.length);
    if (wanted === undefined) continue;
    const bound = bind(signature, wanted, given);
    if (bound !== undefined) fitting.push(bound);
  }
  const chosen = choose(fitting, given);
  if (chosen === undefined) return fitting.length === 0 ? 'none' : 'ambiguous';
  return { signature: chosen.signature, args: chosen.args, result: chosen.result };
}

interface Candidate extends Resolved {
  /** How many arguments were polymorphic: others are preferred. */
  readonly generic: number;
}

function expand(signature: Signature, count: number): readonly Oid[] | undefined {
  const { args, variadic } = signature;
  if (variadic === undefined) return args.length === count ? args : undefined;
  if (count < args.length) return undefined;
  return [...args, ...Array<Oid>(count - args.length).fill(variadic)];
}

function bind(
  signature: Signature,
  wanted: readonly Oid[],
  given: readonly Oid[],
): Candidate | undefined {
  let element: Oid | undefined;
  let generic = 0;
  for (const [index, want] of wanted.entries()) {
    const have = given[index] ?? typeIds.unknown;
    if (!polymorphic.has(want)) {
      if (!castsImplicitly(have, want)) return undefined;
      continue;
    }
    generic++;
    const found = elementFor(want, have);
    if (found === 'misfit') return undefined;
    if (found === undefined) continue;
    const common = element === undefined ? found : commonOf(element, found);
    if (common === undefined) return undefined;
    element = common;
  }
  const known = element ?? typeIds.text;
  const concrete = (type: Oid): Oid => concreteType(type, known);
  return {
    signature,
    args: wanted.map((type, index) =>
      type === typeIds.any ? anyType(given[index]) : concrete(type),
    ),
    result: concrete(signature.result),
    generic,
  };
}

function anyType(given: Oid | undefined): Oid {
  return given === undefined || given === typeIds.unknown ? typeIds.text : given;
}

function elementFor(want: Oid, have: Oid): Oid | 'misfit' | undefined {
  if (have === typeIds.unknown || want === typeIds.any) return undefined;
  if (want === typeIds.anyarray || want === typeIds.anycompatiblearray) {
    return elementOf(have) ?? 'misfit';
  }
  if (want === typeIds.anynonarray && isArray(have)) return 'misfit';
  return have;
}

function commonOf(one: Oid, other: Oid): Oid | undefined {
  if (castsImplicitly(other, one)) return one;
  return castsImplicitly(one, other) ? other : undefined;
}

function concreteType(type: Oid, element: Oid): Oid {
  switch (type) {
    case typeIds.anyelement:
    case typeIds.anynonarray:
    case typeIds.anycompatible:
      return element;
    case typeIds.anyarray:
    case typeIds.anycompatiblearray:
      return arrayOf(element);
    default:
      return type;
  }
}

/** The steps of the manual's 10.3, from exact matches to the guess that unknown arguments are alike. */
function choose(fitting: readonly Candidate[], given: readonly Oid[]): Candidate | undefined {
  if (fitting.length <= 1) return fitting[0];
  const exactCount = (candidate: Candidate): number =>
    given.filter((type, index) => type === candidate.args[index]).length;
  const exact = fitting.find((one) => exactCount(one) === given.length);
  if (exact !== undefined) return exact;
  const alike = oneTypeForUnknown(fitting, given);
  if (alike !== undefined) return alike;
  let left = best(fitting, exactCount);
  if (left.length === 1) return left[0];
  left = best(left, (candidate) => preferredCount(candidate, given));
  if (left.length === 1) return left[0];
  left = byCategory(left, given);
  if (left.length === 1) return left[0];
  left = best(left, (candidate) => -candidate.generic);
  if (left.length === 1) return left[0];
  return guessFromKnown(left, given);
}

/** `known op unknown` takes the known type for both when there is such an operator. */
function oneTypeForUnknown(
  fitting: readonly Candidate[],
  given: readonly Oid[],
): Candidate | undefined {
  if (given.length !== 2 || !given.includes(typeIds.unknown)) return undefined;
  const known = given.find((type) => type !== typeIds.unknown);
  if (known === undefined) return undefined;
  return fitting.find((one) => one.generic === 0 && one.args[0] === known && one.args[1] === known);
}

function best(candidates: readonly Candidate[], score: (one: Candidate) => number): Candidate[] {
  const top = Math.max(...candidates.map(score));
  return candidates.filter((candidate) => score(candidate) === top);
}

function preferredCount(candidate: Candidate, given: readonly Oid[]): number {
  return given.filter((type, index) => {
    const wanted = candidate.args[index] ?? typeIds.unknown;
    return type !== typeIds.unknown && (type === wanted || isPreferred(wanted));
  }).length;
}

/** Unknown arguments take the category that all candidates share, or string. */
function byCategory(candidates: readonly Candidate[], given: readonly Oid[]): Candidate[] {
  let left = [...candidates];
  for (const [index, type] of given.entries()) {
    if (type !== typeIds.unknown) continue;
    const categories = left.map((one) => categoryOf(one.args[index] ?? typeIds.text));
    const category = categories.includes('S') ? 'S' : categories[0];
    if (category !== 'S' && categories.some((one) => one !== category)) continue;
    const inCategory = left.filter(
      (one) => categoryOf(one.args[index] ?? typeIds.text) === category,
    );
    const preferred = inCategory.filter((one) => isPreferred(one.args[index] ?? typeIds.text));
    left = preferred.length > 0 ? preferred : inCategory;
  }
  return left;
}

function guessFromKnown(
  candidates: readonly Candidate[],
  given: readonly Oid[],
): Candidate | undefined {
  const known = new Set(given.filter((type) => type !== typeIds.unknown));
  const [only] = known;
  if (known.size !== 1 || only === undefined) return undefined;
  const alike = candidates.filter((one) => one.args.every((type) => castsImplicitly(only, type)));
  return alike.length === 1 ? alike[0] : undefined;
}

/** Puts arguments into a template. */
export function fillTemplate(
  resolved: Resolved,
  args: readonly string[],
  timeZone: string,
): string {
  const { template, args: fixed } = resolved.signature;
  return template.replace(/\$(\*|\+|z|[eo]?\d+)/g, (_, what: string) => {
    if (what === '*') return args.join(', ');
    if (what === '+') return args.slice(fixed.length).join(', ');
    if (what === 'z') return timeZone;
    if (what.startsWith('e')) {
      const array = resolved.args[Number(what.slice(1)) - 1] ?? typeIds.text;
      return String(elementOf(array) ?? array);
    }
    if (what.startsWith('o')) return String(resolved.args[Number(what.slice(1)) - 1] ?? 25);
    return args[Number(what) - 1] ?? 'NULL';
  });
}
