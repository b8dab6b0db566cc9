// The audit log: who logged in or failed to, who changed the schema, who may do what since when. Lines of
// JSON in a file that only its owner can read, added to and never changed; when it is full it becomes
// `.1`, what was `.1` becomes `.2`, and the last one goes.

import { type FileHandle, open, readFile, rename, stat } from 'node:fs/promises';
import { type AuditEntry, auditEntrySchema } from '@patina/api/access/access-shapes.ts';
import type { AuditEvent } from '@patina/api/access/audit.ts';

const ownerOnly = 0o600;

/** Files of one log, the current one included. */
const filesMax = 4;

/** Entries that wait to be written; more are counted, and said to be missing. */
const waitingMax = 10_000;

/** Characters of a statement or a name that are kept. */
const textCharsMax = 2_000;

export interface AuditLogOptions {
  /** The file; undefined writes nothing. */
  readonly path: string | undefined;
  /** When it becomes longer than this it is put aside. */
  readonly bytesMax: number;
  readonly wallMs: () => number;
  readonly onFault: (error: unknown) => void;
}

export class AuditLog {
  readonly #options: AuditLogOptions;
  #waiting: AuditEntry[] = [];
  #missing = 0;
  #working: Promise<void> | undefined;

  constructor(options: AuditLogOptions) {
    this.#options = options;
  }

  /** Adds an entry; never throws and never waits. */
  readonly write = (event: AuditEvent): void => {
    if (this.#options.path === undefined) return;
    if (this.#waiting.length >= waitingMax) {
      this.#missing++;
      return;
    }
    this.#waiting.push(entryOf(event, this.#options.wallMs()));
    this.#working ??= this.#work();
  };

  /** The newest entries, the newest first, those included that were just added. */
  async read(limit: number): Promise<AuditEntry[]> {
    await this.flush();
    const { path } = this.#options;
    const entries: AuditEntry[] = [];
    for (let number = 0; path !== undefined && number < filesMax; number++) {
      const lines = (await textOf(fileName(path, number))).split('\n').toReversed();
      for (const line of lines) {
        const entry = parseEntry(line);
        if (entry !== undefined) entries.push(entry);
        if (entries.length >= limit) return entries;
      }
    }
    return entries;
  }

  /** Resolves when all that was added is on disk. */
  async flush(): Promise<void> {
    while (this.#working !== undefined) await this.#working;
  }

  async #work(): Promise<void> {
    try {
      while (this.#waiting.length > 0 || this.#missing > 0) await this.#append();
    } catch (error) {
      this.#waiting = [];
      this.#options.onFault(error);
    } finally {
      this.#working = undefined;
    }
  }

  async #append(): Promise<void> {
    const { path, bytesMax, wallMs } = this.#options;
    if (path === undefined) return;
    const entries = this.#waiting.splice(0);
    if (this.#missing > 0) {
      const what = `${this.#missing} entries are missing: too many came at once`;
      entries.push({ at_ms: wallMs(), kind: 'admin', who: 'the audit log', what });
      this.#missing = 0;
    }
    await rotate(path, bytesMax);
    let file: FileHandle | undefined;
    try {
      file = await open(path, 'a', ownerOnly);
      await file.appendFile(entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
      await file.datasync();
    } finally {
      await file?.close();
    }
  }
}

function entryOf(event: AuditEvent, atMs: number): AuditEntry {
  const { kind, who, what, from, through, error } = event;
  return {
    at_ms: atMs,
    kind,
    who: who.slice(0, textCharsMax),
    what: what.slice(0, textCharsMax),
    ...(from === undefined ? {} : { from }),
    ...(through === undefined ? {} : { through }),
    ...(error === undefined ? {} : { error: error.slice(0, textCharsMax) }),
  };
}

async function rotate(path: string, bytesMax: number): Promise<void> {
  const size = await stat(path).then(
    (file) => file.size,
    () => 0,
  );
  if (size < bytesMax) return;
  for (let number = filesMax - 1; number > 0; number--) {
    await rename(fileName(path, number - 1), fileName(path, number)).catch(ignoreMissing);
  }
}

function fileName(path: string, number: number): string {
  return number === 0 ? path : `${path}.${number}`;
}

function textOf(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: unknown) => {
    ignoreMissing(error);
    return '';
  });
}

function ignoreMissing(error: unknown): void {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code !== 'ENOENT') throw error;
}

/** A line that was cut by a crash is passed over. */
function parseEntry(line: string): AuditEntry | undefined {
  if (line === '') return undefined;
  try {
    const parsed = auditEntrySchema.safeParse(JSON.parse(line));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
