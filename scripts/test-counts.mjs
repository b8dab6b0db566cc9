// Turns what a step left behind into counts of tests. A step whose numbers can't be read, that ran
// nothing, or that failed without naming a failed test, counts as a failure: no news is bad news.

/**
 * @typedef {object} Counts
 * @property {number} passed
 * @property {number} failed
 * @property {number} skipped
 */

/**
 * @param {'check' | 'vitest' | 'last-line'} kind
 * @param {{ exitOk: boolean, output: string, report: string | undefined }} result `report` is the
 *   text of the step's result file, where it wrote one.
 * @returns {Counts}
 */
export function countTests(kind, { exitOk, output, report }) {
  if (kind === 'check') return { passed: exitOk ? 1 : 0, failed: exitOk ? 0 : 1, skipped: 0 };
  const counts = kind === 'vitest' ? fromVitest(report) : fromLastLine(output);
  if (counts === undefined) return { passed: 0, failed: 1, skipped: 0 };
  const ranNothing = counts.passed + counts.failed === 0;
  const unexplained = counts.failed === 0 && (!exitOk || ranNothing);
  return unexplained ? { ...counts, failed: 1 } : counts;
}

/**
 * @param {string | undefined} report
 * @returns {Counts | undefined}
 */
function fromVitest(report) {
  const json = report === undefined ? undefined : parseObject(report);
  if (json === undefined) return undefined;
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = json;
  const skipped = asCount(numPendingTests) ?? 0;
  const passed = asCount(numPassedTests);
  const failed = asCount(numFailedTests);
  if (passed === undefined || failed === undefined) return undefined;
  return {
    passed,
    failed: failed + brokenFiles(json),
    skipped: skipped + (asCount(numTodoTests) ?? 0),
  };
}

/**
 * Test files that failed before any of their tests ran: each counts as one failure.
 * @param {Record<string, unknown>} json
 */
function brokenFiles(json) {
  const files = Array.isArray(json['testResults']) ? json['testResults'] : [];
  return files.filter((file) => file.status === 'failed' && file.assertionResults.length === 0)
    .length;
}

/**
 * @param {string} output
 * @returns {Counts | undefined}
 */
function fromLastLine(output) {
  for (const line of output.trimEnd().split('\n').reverse()) {
    const match = closingLine.exec(line.trim());
    if (match === null) continue;
    const [, passed, failed, skipped] = match;
    return { passed: Number(passed), failed: Number(failed), skipped: Number(skipped ?? 0) };
  }
  return undefined;
}

/** How our own suites end: the same line that `npm test` itself ends with. */
const closingLine = /^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/;

/**
 * @param {string} text
 * @returns {Record<string, unknown> | undefined}
 */
function parseObject(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/**
 * @param {unknown} value
 * @returns {number | undefined}
 */
function asCount(value) {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : undefined;
}

/** @param {readonly Counts[]} all */
export function sumCounts(all) {
  const sum = { passed: 0, failed: 0, skipped: 0 };
  for (const { passed, failed, skipped } of all) {
    sum.passed += passed;
    sum.failed += failed;
    sum.skipped += skipped;
  }
  return sum;
}

/** @param {Counts} counts */
export function formatCounts({ passed, failed, skipped }) {
  const tail = skipped > 0 ? `, ${skipped} skipped` : '';
  return `${passed} passed, ${failed} failed${tail}`;
}
