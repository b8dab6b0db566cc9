// Fails where a written file is not tidy; scripts/checks/tidy.ts says what that means.

import { reportProblems } from './checks/problem.ts';
import { checkTidy } from './checks/tidy.ts';
import { rootDir } from './setup.mjs';

const { files, problems } = checkTidy(rootDir);
reportProblems('Tidiness', `${files} files`, problems);
