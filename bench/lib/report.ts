// What the benchmark found, for people and for programs.

import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { dirname } from 'node:path';
import type { Figure, Measured } from './figure.ts';
import { alignedTable, fixed } from './text.ts';

/** A figure with what was found, or why it could not be measured. */
export interface Finding {
  readonly figure: Figure;
  readonly outcome: Measured | { readonly error: string };
  /** How long measuring took, milliseconds. */
  readonly tookMs: number;
  /** Cores that other programs kept busy meanwhile. */
  readonly othersCores: number;
}

function verdictOf({ outcome }: Finding): 'ok' | 'short' | 'failed' {
  if ('error' in outcome) return 'failed';
  return outcome.isReached ? 'ok' : 'short';
}

/** The table, and under it the notes. */
export function tableOf(findings: readonly Finding[]): string {
  const lines = findings.map((finding) => {
    const { figure, outcome } = finding;
    const measured = 'error' in outcome ? '-' : outcome.measured;
    return [figure.title, measured, figure.target, verdictOf(finding)];
  });
  const notes = findings.flatMap(({ figure, outcome, othersCores }) => {
    const texts = 'error' in outcome ? [outcome.error] : outcome.notes;
    const others = `other programs kept ${fixed(othersCores, 1)} cores busy meanwhile`;
    return [...texts, others].map((text) => `${figure.name}: ${text}`);
  });
  const head = ['figure', 'measured', 'to reach', ''];
  return `${alignedTable([head, ...lines])}\n\n${notes.join('\n')}\n`;
}

/** Everything as JSON. */
export function jsonOf(findings: readonly Finding[], mode: 'quick' | 'full' | 'long'): string {
  const [cpu] = cpus();
  const report = {
    at: new Date().toISOString(),
    mode,
    machine: {
      cores: cpus().length,
      cpu: cpu?.model ?? 'unknown',
      memoryBytes: totalmem(),
      load1: loadavg()[0],
      node: process.versions.node,
    },
    figures: findings.map((finding) => {
      const { figure, outcome, tookMs, othersCores } = finding;
      const { name, title, target } = figure;
      const verdict = verdictOf(finding);
      return { name, title, target, verdict, tookMs: Math.round(tookMs), othersCores, ...outcome };
    }),
  };
  return JSON.stringify(report, undefined, 2);
}

export function writeReport(path: string, json: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${json}\n`);
}
