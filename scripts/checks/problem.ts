// What a check of the repository reports: one fault at one place, and how a check ends.

export interface Problem {
  /** Relative to the root of the repository. */
  readonly file: string;
  /** Counted from 1; undefined where the fault is the file's as a whole. */
  readonly line: number | undefined;
  readonly message: string;
}

/** Prints the problems and sets the exit code. `subject` is what was checked, as in "87 files". */
export function reportProblems(name: string, subject: string, problems: readonly Problem[]): void {
  for (const { file, line, message } of problems) {
    console.log(`${file}${line === undefined ? '' : `:${line}`}  ${message}`);
  }
  const found = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  console.log(`${name}: ${subject}, ${found}.`);
  if (problems.length > 0) process.exitCode = 1;
}

/** The line, counted from 1, of an offset into a text. */
export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) {
    line += 1;
  }
  return line;
}
