// A process with live queries that a test can kill: says the pid of its live process, then waits.

import { must } from '../../base/assert.ts';
import { createLiveQueries } from '../hub/create-live-queries.ts';
import { HeldResult } from '../hub/testing-readers.ts';

const [, , databasePath, stateDirectory, sql] = process.argv;
const live = createLiveQueries({
  databasePath: must(databasePath, 'a database'),
  stateDirectory: must(stateDirectory, 'a directory'),
});
const query = { sql: must(sql, 'a query'), params: [] };
await live.open({ query, role: 'reader', client: 'test' }, new HeldResult());
process.stdout.write(`${live.pid}\n`);
setInterval(() => live.wake(), 50);
