// Fails where the code leaves the shape that scripts/checks/architecture-rules.ts fixes.

import { checkArchitecture } from './checks/architecture.ts';
import { reportProblems } from './checks/problem.ts';
import { rootDir } from './setup.mjs';

const { files, problems } = checkArchitecture(rootDir);
reportProblems('Architecture', `${files} modules`, problems);
