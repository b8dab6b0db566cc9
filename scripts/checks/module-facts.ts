// What the checks need to know of one source file, read from its syntax tree: its imports, the
// globals it refers to, and whether it only passes on what others export.

import { parseSync, Visitor } from 'rolldown/utils';

export interface ModuleImport {
  /** As written: `./a.ts`, `node:fs`, `@patina/engine/base/hlc.ts`. */
  readonly specifier: string;
  /** Offset in the source. */
  readonly at: number;
  /**
   * type: erased before the module runs. static: loads the other module first. dynamic: `import()`.
   */
  readonly kind: 'type' | 'static' | 'dynamic';
}

export interface GlobalUse {
  /** A name, or a name and its member: `setTimeout`, `Math.random`. */
  readonly name: string;
  readonly at: number;
}

export interface ModuleFacts {
  readonly imports: readonly ModuleImport[];
  /** Names that may be globals: every identifier that is read, and every `a.b` with a plain `a`. */
  readonly uses: readonly GlobalUse[];
  /** Offsets of `any` written as a type. */
  readonly anyTypes: readonly number[];
  /** Whether the module exports things, and all of them come from other modules. */
  readonly onlyReExports: boolean;
}

/** Parses one file. Throws where it is no valid TypeScript: the type check says more about that. */
export function readModule(file: string, source: string): ModuleFacts {
  const parsed = parseSync(file, source);
  const fault = parsed.errors[0];
  if (fault !== undefined) throw new Error(`${file} can't be parsed: ${fault.message}`);
  const imports: ModuleImport[] = [];
  const addImport = (
    kind: ModuleImport['kind'],
    source: { value: string; start: number },
  ): void => {
    imports.push({ specifier: source.value, at: source.start, kind });
  };
  const names = new NameCollector();
  const anyTypes: number[] = [];
  const visitor = new Visitor({
    ImportDeclaration: (node) => addImport(kindOf(node.importKind), node.source),
    ExportAllDeclaration: (node) => addImport(kindOf(node.exportKind), node.source),
    ExportNamedDeclaration: (node) => {
      if (node.source !== null) addImport(kindOf(node.exportKind), node.source);
    },
    ImportExpression: (node) => {
      const { source } = node;
      if (source.type === 'Literal' && typeof source.value === 'string') {
        addImport('dynamic', { value: source.value, start: source.start });
      }
    },
    TSImportType: (node) => addImport('type', node.source),
    TSAnyKeyword: (node) => {
      anyTypes.push(node.start);
    },
    ...names.visitor,
  });
  visitor.visit(parsed.program);
  const statements = parsed.program.body;
  const reExports = statements.filter((node) => {
    if (node.type === 'ExportAllDeclaration') return true;
    return node.type === 'ExportNamedDeclaration' && node.source !== null;
  });
  const rest = statements.filter((node) => node.type !== 'ImportDeclaration');
  const onlyReExports = rest.length > 0 && reExports.length === rest.length;
  return { imports, uses: names.uses(), anyTypes, onlyReExports };
}

function kindOf(kind: 'type' | 'value' | null | undefined): 'type' | 'static' {
  return kind === 'type' ? 'type' : 'static';
}

interface Placed {
  readonly type: string;
  readonly start: number;
}

/** Collects the identifiers that stand for values; names of members and keys are not among them. */
class NameCollector {
  readonly #notReferences = new Set<number>();
  readonly #found: GlobalUse[] = [];

  readonly visitor = {
    Identifier: (node: { name: string; start: number }): void => {
      this.#found.push({ name: node.name, at: node.start });
    },
    MemberExpression: (node: {
      object: Placed & { name?: unknown };
      property: Placed & { name?: unknown; value?: unknown };
      computed: boolean;
    }): void => {
      const { object, property, computed } = node;
      if (!computed) this.#notReferences.add(property.start);
      const member = computed ? property.value : property.name;
      if (typeof object.name === 'string' && typeof member === 'string') {
        this.#found.push({ name: `${object.name}.${member}`, at: object.start });
      }
    },
    Property: (node: { key: Placed; computed: boolean; shorthand: boolean }): void => {
      if (!node.computed && !node.shorthand) this.#notReferences.add(node.key.start);
    },
    MethodDefinition: (node: { key: Placed; computed: boolean }): void => this.#key(node),
    PropertyDefinition: (node: { key: Placed; computed: boolean }): void => this.#key(node),
    TSPropertySignature: (node: { key: Placed; computed: boolean }): void => this.#key(node),
    TSMethodSignature: (node: { key: Placed; computed: boolean }): void => this.#key(node),
    TSTypeReference: (node: { typeName: Placed }): void => {
      this.#notReferences.add(node.typeName.start);
    },
  };

  #key(node: { key: Placed; computed: boolean }): void {
    if (!node.computed) this.#notReferences.add(node.key.start);
  }

  /** Each use once: `{ a }` has one place and two nodes. */
  uses(): GlobalUse[] {
    const references = this.#found.filter(({ at }) => !this.#notReferences.has(at));
    return [...new Map(references.map((use) => [`${use.at} ${use.name}`, use])).values()];
  }
}
