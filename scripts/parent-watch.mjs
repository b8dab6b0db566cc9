// Notices that the process that started us is gone. npm passes a signal on to the shell between it
// and us, and the shell ends without telling us: what we started must not go on alone.

/** How often to look, milliseconds. */
const watchPeriodMs = 500;

/**
 * Calls `run` once, when the parent has ended. Keeps no process alive.
 * @param {() => void} run
 * @returns {() => void} Ends the watch.
 */
export function onParentEnd(run) {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    run();
  }, watchPeriodMs);
  timer.unref();
  return () => clearInterval(timer);
}
