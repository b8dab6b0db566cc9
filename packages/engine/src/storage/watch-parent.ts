// Ends a child process when its parent is gone, also in the midst of a statement: the parent holds the
// other end of a pipe that carries nothing, and a thread waits for its end.

import { SHARE_ENV, Worker } from 'node:worker_threads';

/** Watches the pipe at this descriptor until the process ends, which then has to be by SIGKILL. */
export function watchParent(fd: number): void {
  const program = `
    const { readSync } = require('node:fs');
    for (;;) {
      try { if (readSync(${fd}, Buffer.alloc(1)) === 0) break; }
      catch (error) { if (error.code !== 'EINTR') break; }
    }
    process.kill(process.pid, 'SIGKILL');
  `;
  const watcher = new Worker(program, {
    eval: true,
    env: SHARE_ENV,
    // Forwarding the thread's output would open our own stdout as a stream, and make it non-blocking.
    stdout: true,
    stderr: true,
    resourceLimits: { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 8, stackSizeMb: 1 },
  });
  watcher.unref();
}
