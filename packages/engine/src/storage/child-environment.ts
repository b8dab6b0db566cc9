// What child processes of a node inherit of its environment: secrets of the node stay with the node.

const passedNames = ['PATH', 'TZ', 'TMPDIR', 'SQLITE_TMPDIR', 'LANG', 'LC_ALL'];

/** The environment of a child that keeps compiled code in this directory; undefined keeps none. */
export function childEnvironment(compileCacheDirectory: string | undefined): NodeJS.ProcessEnv {
  const environment: NodeJS.ProcessEnv = {};
  for (const name of passedNames) {
    const value = process.env[name];
    if (value !== undefined) environment[name] = value;
  }
  if (compileCacheDirectory !== undefined) {
    environment['NODE_COMPILE_CACHE'] = compileCacheDirectory;
  }
  return environment;
}
