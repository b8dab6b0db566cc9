// An agent that a program has started for itself ends with that program: the channel between the two
// closes however the program ends, also by SIGKILL.

/** Set to 1 by a program that starts an agent with a Node.js IPC channel and wants it to end with it. */
export const stopWithParentEnv = 'PATINA_STOP_WITH_PARENT';

/** Resolves when the parent is gone, where it has asked for that; otherwise never. */
export function parentGone(
  env: Readonly<Record<string, string | undefined>>,
): Promise<'parent gone'> {
  return new Promise((resolve) => {
    if (env[stopWithParentEnv] !== '1') return;
    // The parent may have ended already, while this program was being loaded.
    if (process.connected) process.once('disconnect', () => resolve('parent gone'));
    else resolve('parent gone');
  });
}
