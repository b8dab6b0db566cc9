// The shape of the code as tables: which workspace may import which, and the same for the folders
// of the engine. A new workspace or engine folder needs a row here, and so a decision.

/** Workspaces that each workspace may import. `anything`: it stands above all others. */
export const workspaceImports: Readonly<Record<string, readonly string[] | 'anything'>> = {
  '@patina/engine': [],
  '@patina/api': ['@patina/engine'],
  '@patina/pg': ['@patina/api', '@patina/engine'],
  '@patina/client': ['@patina/api'],
  '@patina/sim': ['@patina/engine'],
  '@patina/node': ['@patina/api', '@patina/client', '@patina/engine', '@patina/pg'],
  '@patina/web': ['@patina/api', '@patina/client'],
  '@patina/bench': 'anything',
  '@patina/tests': 'anything',
};

/** The protocol machines: they get time, chance and input handed in, and answer with plain data. */
export const machines = [
  'asking',
  'base',
  'broadcast',
  'crdt',
  'membership',
  'schema',
  'subscriptions',
  'sync',
] as const;

/**
 * Parts of the engine that each part may import: folders of packages/engine/src, or files at its
 * top. `ports.ts` may be imported by all, as types only by the machines.
 */
export const enginePartImports: Readonly<Record<string, readonly string[]>> = {
  'ports.ts': ['base'],
  asking: ['base'],
  base: [],
  broadcast: ['base'],
  crdt: ['base'],
  membership: ['base'],
  schema: ['base'],
  subscriptions: ['base', 'crdt'],
  sync: ['base'],
  functions: ['base'],
  storage: [...machines, 'functions'],
  transport: [...machines],
  live: [...machines, 'functions', 'storage'],
  drivers: [...machines],
  'node.ts': [...machines, 'drivers'],
};

/**
 * Folders of the console (apps/web/src) from the bottom up: each imports from itself and from those before it. A
 * feature, which is a page, imports no other feature.
 */
export const consoleLayers: readonly string[] = [
  'format',
  'settings',
  'worker',
  'connection',
  'sql-text',
  'ui',
  'charts',
  'grid',
  'sql-editor',
  'features',
  'shell',
  'app',
];

/** Packages that a machine may use: pure computation only. */
export const machinePackages: readonly string[] = ['sqlite3-parser'];

/**
 * What a machine can't refer to: time, chance, timers, output and the process come in from outside.
 */
export const machineBannedGlobals: ReadonlySet<string> = new Set([
  'Date',
  'Math.random',
  'clearImmediate',
  'clearInterval',
  'clearTimeout',
  'console',
  'crypto',
  'fetch',
  'globalThis',
  'performance',
  'process',
  'queueMicrotask',
  'setImmediate',
  'setInterval',
  'setTimeout',
]);
