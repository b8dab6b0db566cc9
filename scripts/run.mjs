// Makes the clone ready, then runs a program of the repository: `node scripts/run.mjs FILE [ARGS]`.

import { runProgram } from './run-program.mjs';
import { setUpOrReport } from './setup.mjs';

const [file, ...args] = process.argv.slice(2);
if (file === undefined) throw new Error('Name the program to run, relative to the root.');
const ready = setUpOrReport();
if (ready === undefined) process.exitCode = 1;
else runProgram(ready, file, args);
