// The settings of one session. Like everything else of a transaction they come back when it is rolled back;
// SET LOCAL ends with it anyway.

import { PgError } from '../pg-error.ts';
import type { RunSettings } from './requests.ts';
import { type SettingDefinition, settingDefinitions } from './setting-table.ts';
import { timeMs } from './setting-values.ts';

const definitionByName: ReadonlyMap<string, SettingDefinition> = new Map(
  settingDefinitions.map((definition) => [definition.name.toLowerCase(), definition]),
);

const reportedDefinitions = settingDefinitions.filter(({ isReported }) => isReported === true);

/** Settings that clients may make up, `app.user`, at most. */
const customSettingsMax = 1_000;

/** Characters of a value. */
const valueLengthMax = 64 * 1024;

/** What was set; never changed in place, so that it can be kept to be returned to. */
interface Layer {
  readonly session: ReadonlyMap<string, string>;
  readonly local: ReadonlyMap<string, string>;
}

const nothingSet: ReadonlyMap<string, string> = new Map();

/** A setting whose value the client is to be told. */
export interface ReportedSetting {
  readonly name: string;
  readonly value: string;
}

export class Settings {
  /** What RESET goes back to: of the node, then of the startup message. */
  readonly #standards = new Map<string, string>();
  #session = nothingSet;
  #local = nothingSet;
  /** What to return to when the transaction, or what follows a savepoint, is rolled back. */
  readonly #saved: Layer[] = [];
  readonly #reported = new Map<string, string>();
  /** Whether there may be something to report. */
  #isChanged = true;
  /** What statements depend on, until something changes. */
  #forRun: RunSettings | undefined;

  constructor(standards: Readonly<Record<string, string>>) {
    for (const { name, standard } of settingDefinitions) {
      this.#standards.set(name.toLowerCase(), standard);
    }
    for (const [name, value] of Object.entries(standards)) {
      this.#standards.set(name.toLowerCase(), value);
    }
  }

  /** Undefined for names that nobody knows. */
  get(name: string): string | undefined {
    const key = name.toLowerCase();
    return this.#local.get(key) ?? this.#session.get(key) ?? this.#standards.get(key);
  }

  /** As it is given in the startup message: RESET goes back to it. Throws PgError. */
  setStandard(name: string, value: string): void {
    this.fix(name, this.#parse(name, value));
  }

  /** What the session knows of itself, and nobody can change. */
  fix(name: string, value: string): void {
    this.#standards.set(name.toLowerCase(), value);
    this.#use(this.#session, this.#local);
  }

  /** `value` undefined is DEFAULT. Throws PgError 42704, 22023 or 55P02. */
  set(name: string, value: string | undefined, isLocal: boolean): void {
    const key = name.toLowerCase();
    if (value === undefined && !definitionByName.has(key) && this.get(key) === undefined) {
      throw unknownSetting(name);
    }
    if (value === undefined && definitionByName.get(key)?.isFixed === true)
      throw fixedSetting(name);
    const parsed =
      value === undefined ? (this.#standards.get(key) ?? '') : this.#parse(name, value);
    const local = new Map(this.#local);
    if (isLocal) {
      this.#use(this.#session, local.set(key, parsed));
      return;
    }
    local.delete(key);
    this.#use(new Map(this.#session).set(key, parsed), local);
  }

  /** RESET ALL: whatever was set is as at the start. */
  resetAll(): void {
    this.#use(nothingSet, nothingSet);
  }

  /** A transaction or a savepoint begins. */
  save(): void {
    this.#saved.push({ session: this.#session, local: this.#local });
  }

  /** Back to the `depth`-th save, counted from 0, which stays. */
  restore(depth: number): void {
    const layer = this.#saved[depth];
    if (layer === undefined) return;
    if (layer.session !== this.#session || layer.local !== this.#local) {
      this.#use(layer.session, layer.local);
    }
    this.#saved.length = depth + 1;
  }

  /** Saves above the `depth`-th, and itself, are no longer needed. */
  release(depth: number): void {
    this.#saved.length = Math.min(this.#saved.length, depth);
  }

  /** The transaction ends. */
  end(isCommitted: boolean): void {
    if (!isCommitted) this.restore(0);
    this.#saved.length = 0;
    this.endLocal();
  }

  /** What was SET LOCAL is over. */
  endLocal(): void {
    if (this.#local.size > 0) this.#use(this.#session, nothingSet);
  }

  /** Every setting with its name, value and description. */
  all(): { readonly name: string; readonly value: string; readonly description: string }[] {
    return settingDefinitions.map(({ name, description }) => ({
      name,
      value: this.get(name) ?? '',
      description,
    }));
  }

  /** The name as PostgreSQL spells it. */
  properName(name: string): string {
    return definitionByName.get(name.toLowerCase())?.name ?? name;
  }

  /** What the client has not been told yet. */
  takeReports(): ReportedSetting[] {
    if (!this.#isChanged) return [];
    this.#isChanged = false;
    const reports: ReportedSetting[] = [];
    for (const { name } of reportedDefinitions) {
      const value = this.get(name) ?? '';
      if (this.#reported.get(name) === value) continue;
      this.#reported.set(name, value);
      reports.push({ name, value });
    }
    return reports;
  }

  timeMs(name: string): number {
    return timeMs(this.get(name) ?? '0');
  }

  isOn(name: string): boolean {
    return this.get(name) === 'on';
  }

  /** What the work of a statement depends on. */
  forRun(): RunSettings {
    this.#forRun ??= {
      statementTimeoutMs: this.timeMs('statement_timeout'),
      timeZone: this.get('timezone') ?? 'UTC',
      byteaOutput: this.get('bytea_output') === 'escape' ? 'escape' : 'hex',
      extraFloatDigits: Number(this.get('extra_float_digits') ?? '1'),
      intervalStyle: this.get('intervalstyle') ?? 'postgres',
      dateStyle: this.get('datestyle') ?? 'ISO, MDY',
    };
    return this.#forRun;
  }

  #use(session: ReadonlyMap<string, string>, local: ReadonlyMap<string, string>): void {
    this.#session = session;
    this.#local = local;
    this.#isChanged = true;
    this.#forRun = undefined;
  }

  #parse(name: string, value: string): string {
    if (value.length > valueLengthMax) {
      throw new PgError('54000', `the value of parameter "${name}" is too long`);
    }
    const definition = definitionByName.get(name.toLowerCase());
    if (definition?.isFixed === true) throw fixedSetting(name);
    if (definition !== undefined) return definition.parse(definition.name, value);
    if (!/^[A-Za-z_][\w$]*(?:\.[A-Za-z_][\w$]*)+$/.test(name)) throw unknownSetting(name);
    const isNew = !this.#session.has(name.toLowerCase());
    if (isNew && this.#session.size + this.#local.size >= customSettingsMax) {
      throw new PgError('54000', 'too many settings');
    }
    return value;
  }
}

/** 42704: nobody knows a setting of this name. */
export function unknownSetting(name: string): PgError {
  return new PgError('42704', `unrecognized configuration parameter "${name}"`);
}

function fixedSetting(name: string): PgError {
  return new PgError('55P02', `parameter "${name}" cannot be changed`);
}
