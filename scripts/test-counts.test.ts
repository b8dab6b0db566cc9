// The closing line of `npm test` is right: every way a step can end is counted, and none is counted
// as good unless it says so.

import { expect, test } from 'vitest';
import { countTests, formatCounts, sumCounts } from './test-counts.mjs';

const silent = { exitOk: true, output: '', report: undefined };

function vitestReport(more: object): string {
  const counts = { numPassedTests: 3, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0 };
  return JSON.stringify({ ...counts, testResults: [], ...more });
}

test('a check counts as one test', () => {
  expect(countTests('check', silent)).toEqual({ passed: 1, failed: 0, skipped: 0 });
  expect(countTests('check', { ...silent, exitOk: false })).toEqual({
    passed: 0,
    failed: 1,
    skipped: 0,
  });
});

test("vitest's report is counted", () => {
  const report = vitestReport({ numFailedTests: 2, numPendingTests: 1, numTodoTests: 1 });
  expect(countTests('vitest', { exitOk: false, output: '', report })).toEqual({
    passed: 3,
    failed: 2,
    skipped: 2,
  });
});

test('a test file that could not be loaded counts as a failure', () => {
  const testResults = [
    { status: 'failed', assertionResults: [] },
    { status: 'passed', assertionResults: [{}] },
  ];
  const report = vitestReport({ testResults });
  expect(countTests('vitest', { exitOk: false, output: '', report }).failed).toBe(1);
});

const unclear: [name: string, result: Parameters<typeof countTests>[1]][] = [
  ['wrote no report', silent],
  ['wrote half a report', { ...silent, report: '{"numPassedTests": 3' }],
  ['wrote another report', { ...silent, report: '[]' }],
  ['failed with all tests passed', { exitOk: false, output: '', report: vitestReport({}) }],
  ['ran nothing', { ...silent, report: vitestReport({ numPassedTests: 0 }) }],
];

test.each(unclear)('a suite that %s has failed', (_name, result) => {
  expect(countTests('vitest', result).failed).toBe(1);
});

test('a suite of our own is counted by its last line of JSON', () => {
  const output = 'seed 1 ok\n1 passed, 0 failed\n9 passed, 1 failed, 2 skipped\nbye\n';
  expect(countTests('last-line', { exitOk: false, output, report: undefined })).toEqual({
    passed: 9,
    failed: 1,
    skipped: 2,
  });
  const odd = 'ok\nall 9 passed, 0 failed\n-1 passed, 0 failed\n9 passed\n';
  expect(countTests('last-line', { exitOk: true, output: odd, report: undefined }).failed).toBe(1);
  expect(countTests('last-line', silent).failed).toBe(1);
});

test('the closing line names what was skipped only where something was', () => {
  const sum = sumCounts([
    { passed: 1, failed: 0, skipped: 0 },
    { passed: 2, failed: 3, skipped: 0 },
  ]);
  expect(formatCounts(sum)).toBe('3 passed, 3 failed');
  expect(formatCounts({ ...sum, skipped: 4 })).toBe('3 passed, 3 failed, 4 skipped');
});
