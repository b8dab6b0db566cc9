// What the cases of a campaign had, so that one that no longer tests something is noticed.

import { type FuzzCase, stepNames } from './fuzz-case.ts';
import { shapeNames } from './shapes.ts';

/** How often things happened, by name. */
export type Coverage = Record<string, number>;

/** What the runs themselves must have had, beside shapes and steps. */
const happenings = [
  'mode key-wise',
  'mode group-wise',
  'mode re-run',
  'changes insert',
  'changes update',
  'changes delete',
  'groups of several versions',
  'moved rows',
  'compared results',
  'resumed',
  'resumed too late',
  'snapshots read amid changes',
  'kept over a crash',
  'told after a crash',
  'notices',
  'watches resumed',
  'quarantined and applied',
  'written during a pass',
] as const;

const required: readonly string[] = [
  ...shapeNames.map((name) => `shape ${name}`),
  ...stepNames.map((name) => `step ${name}`),
  ...happenings,
];

export function count(coverage: Coverage, name: string, by = 1): void {
  coverage[name] = (coverage[name] ?? 0) + by;
}

export function addCoverage(to: Coverage, from: Coverage): void {
  for (const [name, by] of Object.entries(from)) count(to, name, by);
}

export function countCase(coverage: Coverage, { queries, steps }: FuzzCase): void {
  for (const { kind } of steps) count(coverage, `step ${kind}`);
  for (const { shapes } of queries)
    for (const shape of shapes ?? []) count(coverage, `shape ${shape}`);
}

/** What never happened although it must. */
export function lacking(coverage: Coverage): string[] {
  return required.filter((name) => (coverage[name] ?? 0) === 0);
}
