// Checks the shape of the code against architecture-rules.ts: imports go down only, machines are
// pure, every package used is declared, nothing runs in a circle, and nothing hides behind a
// barrel.

import { existsSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { basename, dirname, join, normalize } from 'node:path/posix';
import {
  consoleLayers,
  enginePartImports,
  machineBannedGlobals,
  machinePackages,
  machines,
  workspaceImports,
} from './architecture-rules.ts';
import { findCycles } from './cycles.ts';
import type { ModuleFacts, ModuleImport } from './module-facts.ts';
import { readModule } from './module-facts.ts';
import type { Problem } from './problem.ts';
import { lineAt } from './problem.ts';
import { isCode, isTestCode, listFiles } from './source-tree.ts';
import type { Workspace } from './workspaces.ts';
import { readLockedDependencies, readWorkspaces } from './workspaces.ts';

const engineSource = 'packages/engine/src/';
const consoleSource = 'apps/web/src/';

interface SourceModule {
  readonly file: string;
  readonly source: string;
  readonly facts: ModuleFacts;
  readonly workspace: Workspace;
  readonly isTest: boolean;
}

interface Tree {
  readonly rootDir: string;
  readonly root: Workspace;
  readonly workspaceByName: ReadonlyMap<string, Workspace>;
}

/** Checks the whole repository under `rootDir`. */
export function checkArchitecture(rootDir: string): { files: number; problems: Problem[] } {
  const workspaces = readWorkspaces(rootDir);
  const [root] = workspaces;
  if (root === undefined) throw new Error(`${rootDir} has no package.json.`);
  const workspaceByName = new Map(workspaces.map((workspace) => [workspace.name, workspace]));
  const tree: Tree = { rootDir, root, workspaceByName };
  const modules = listFiles(rootDir)
    .filter(isCode)
    .map((file) => loadModule(rootDir, file, workspaces));
  const problems = [
    ...workspaces.flatMap((workspace) => workspaceProblems(workspace)),
    ...lockfileProblems(rootDir, workspaces),
    ...modules.flatMap((module) => moduleProblems(tree, module)),
    ...cycleProblems(tree, modules),
  ];
  return { files: modules.length, problems };
}

function loadModule(rootDir: string, file: string, all: readonly Workspace[]): SourceModule {
  const source = readFileSync(join(rootDir, file), 'utf8');
  const owners = all.filter(({ folder }) => folder === '' || file.startsWith(`${folder}/`));
  const workspace = owners.at(-1);
  if (workspace === undefined) throw new Error(`${file} belongs to no workspace.`);
  return { file, source, facts: readModule(file, source), workspace, isTest: isTestCode(file) };
}

function workspaceProblems({ name, folder }: Workspace): Problem[] {
  if (folder === '' || workspaceImports[name] !== undefined) return [];
  const message = `The workspace ${name} has no row in scripts/checks/architecture-rules.ts.`;
  return [{ file: `${folder}/package.json`, line: undefined, message }];
}

/** The lockfile must hold what the manifests ask for, or a fresh clone installs something else. */
function lockfileProblems(rootDir: string, workspaces: readonly Workspace[]): Problem[] {
  const locked = readLockedDependencies(rootDir);
  if (locked === undefined) return [];
  const text = (deps: Pick<Workspace, 'dependencies' | 'devDependencies'> | undefined) => {
    const pairs = { ...deps?.dependencies, ...deps?.devDependencies };
    return JSON.stringify(Object.entries(pairs).sort());
  };
  const stale = workspaces.filter(
    (workspace) => text(workspace) !== text(locked.get(workspace.folder)),
  );
  return stale.map(({ folder }) => ({
    file: join(folder, 'package.json'),
    line: undefined,
    message: 'package-lock.json has other dependencies: run `npm install` and commit the lockfile.',
  }));
}

function moduleProblems(tree: Tree, module: SourceModule): Problem[] {
  const messages: { at: number; message: string }[] = [];
  const say = (at: number, message: string): void => {
    messages.push({ at, message });
  };
  const part = enginePart(module.file);
  if (part !== undefined && enginePartImports[part] === undefined) {
    say(0, `The engine part ${part} has no row in scripts/checks/architecture-rules.ts.`);
  }
  for (const used of module.facts.imports) {
    const message = importProblem(tree, module, used);
    if (message !== undefined) say(used.at, message);
  }
  if (isMachine(module)) {
    for (const { name, at } of module.facts.uses) {
      if (machineBannedGlobals.has(name)) {
        say(at, `A machine can't use ${name}: it is sans-I/O, so this comes in through a port.`);
      }
    }
  }
  if (isBarrel(module)) {
    say(0, 'No barrels inside a package: import each module where it is.');
  }
  return messages.map(({ at, message }) => {
    return { file: module.file, line: lineAt(module.source, at), message };
  });
}

function isBarrel({ file, facts, workspace }: SourceModule): boolean {
  if (!workspace.folder.startsWith('packages/')) return false;
  return basename(file).startsWith('index.') || facts.onlyReExports;
}

function isMachine({ file, isTest }: SourceModule): boolean {
  const part = enginePart(file);
  return !isTest && part !== undefined && machines.some((machine) => machine === part);
}

/** Which part of the engine a file belongs to: a folder of its source, or a file at the top. */
function enginePart(file: string): string | undefined {
  if (!file.startsWith(engineSource)) return undefined;
  return file.slice(engineSource.length).split('/')[0];
}

function importProblem(tree: Tree, module: SourceModule, used: ModuleImport): string | undefined {
  const { specifier } = used;
  if (specifier.startsWith('.')) return relativeProblem(module, used);
  if (isBuiltin(specifier)) {
    if (!isMachine(module)) return undefined;
    return `A machine can't import ${specifier}: it is sans-I/O.`;
  }
  const name = packageName(specifier);
  const other = tree.workspaceByName.get(name);
  if (other !== undefined) {
    const message = workspaceImportProblem(module, other);
    if (message !== undefined) return message;
  } else if (isMachine(module) && !machinePackages.includes(name)) {
    return `A machine can't import the package ${name}.`;
  }
  return declarationProblem(tree, module, name, used.kind);
}

function relativeProblem(module: SourceModule, used: ModuleImport): string | undefined {
  const { folder } = module.workspace;
  const target = resolveRelative(module.file, used.specifier);
  if (folder !== '' && !target.startsWith(`${folder}/`)) {
    return `${used.specifier} leaves the package: import it by the name of its package.`;
  }
  if (!module.isTest && isShipped(module.workspace) && isTestCode(target)) {
    return `${used.specifier} is for tests: shipped code can't import it.`;
  }
  if (module.file.startsWith(consoleSource)) return consoleProblem(module, target);
  const from = enginePart(module.file);
  const to = enginePart(target);
  if (module.isTest || from === undefined || to === undefined || from === to) return undefined;
  if (to === 'ports.ts') {
    if (used.kind === 'type' || !isMachine(module)) return undefined;
    return 'A machine takes types only from ports.ts: use `import type`.';
  }
  if (enginePartImports[from]?.includes(to) !== false) return undefined;
  return `${from} can't import ${to}: inside the engine imports go down only.`;
}

function consoleProblem({ file, isTest }: SourceModule, target: string): string | undefined {
  const [from = '', feature] = file.slice(consoleSource.length).split('/');
  const [to = '', otherFeature] = target.slice(consoleSource.length).split('/');
  if (!consoleLayers.includes(from)) {
    return `The folder ${from} of the console has no row in scripts/checks/architecture-rules.ts.`;
  }
  if (isTest) return undefined;
  if (from === 'features' && to === 'features' && feature !== otherFeature) {
    return `${feature} can't import ${otherFeature}: what features share has a folder below them.`;
  }
  if (consoleLayers.indexOf(to) <= consoleLayers.indexOf(from)) return undefined;
  return `${from} can't import ${to}: inside the console imports go down only.`;
}

function workspaceImportProblem(module: SourceModule, other: Workspace): string | undefined {
  const { workspace } = module;
  if (workspace.folder === '') return undefined;
  if (workspace === other) return `Inside ${other.name} use a relative path.`;
  const allowed = workspaceImports[workspace.name];
  if (allowed === undefined || allowed === 'anything' || allowed.includes(other.name)) {
    return undefined;
  }
  return `${workspace.name} can't import ${other.name}: imports go down only.`;
}

function declarationProblem(
  { root }: Tree,
  { file, workspace, isTest }: SourceModule,
  name: string,
  kind: ModuleImport['kind'],
): string | undefined {
  if (Object.hasOwn(workspace.dependencies, name)) return undefined;
  const development = isTest || !isShipped(workspace) || /\.config\.m?ts$/.test(file);
  const isDeclaredForDevelopment = Object.hasOwn(workspace.devDependencies, name);
  if (isDeclaredForDevelopment && (development || kind === 'type')) return undefined;
  if (development && Object.hasOwn(root.devDependencies, name)) return undefined;
  const list = isDeclaredForDevelopment ? 'only in devDependencies' : 'not';
  return `The package ${name} is ${list} declared in ${join(workspace.folder, 'package.json')}.`;
}

/** Whether a workspace runs at users': the others are tools and tests. */
function isShipped({ folder }: Workspace): boolean {
  return /^(apps|packages)\//.test(folder);
}

function cycleProblems(tree: Tree, modules: readonly SourceModule[]): Problem[] {
  const edges = new Map<string, string[]>();
  for (const module of modules) {
    const loaded = module.facts.imports.filter(({ kind }) => kind === 'static');
    const targets = loaded.flatMap(({ specifier }) => resolveModule(tree, module.file, specifier));
    edges.set(module.file, targets);
  }
  return findCycles(edges).map((cycle) => ({
    file: cycle[0] ?? '',
    line: undefined,
    message: `These modules load each other in a circle: ${[...cycle, cycle[0]].join(' -> ')}.`,
  }));
}

/** The file that an import loads, if it is one of ours. */
function resolveModule(tree: Tree, file: string, specifier: string): string[] {
  if (specifier.startsWith('.')) return [resolveRelative(file, specifier)];
  const name = packageName(specifier);
  const other = tree.workspaceByName.get(name);
  if (other === undefined || specifier === name) return [];
  const target = `${other.folder}/src/${specifier.slice(name.length + 1)}`;
  return existsSync(join(tree.rootDir, target)) ? [target] : [];
}

function resolveRelative(file: string, specifier: string): string {
  return normalize(join(dirname(file), specifier));
}

/** `@scope/name/sub/path` is the package `@scope/name`. */
function packageName(specifier: string): string {
  const depth = specifier.startsWith('@') ? 2 : 1;
  return specifier.split('/').slice(0, depth).join('/');
}
