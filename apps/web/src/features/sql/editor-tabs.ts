// The tabs of the editor: what is in them, and how they change. They outlast a reload in the storage of the
// browser, up to named limits.

import { z } from 'zod';
import { type TypedValues, typedValueSchema } from './parameter-values.ts';

export const tabsMax = 20;
/** Longer texts are edited, but not kept over a reload. */
export const textCharsMax = 200_000;
const nameCharsMax = 80;
const storageKey = 'patina.sql.tabs';

const tabSchema = z.object({
  id: z.string().min(1).max(64),
  name: z.string().max(nameCharsMax),
  text: z.string(),
  values: z.record(z.string(), typedValueSchema),
});

const stateSchema = z.object({
  tabs: z.array(tabSchema).min(1).max(tabsMax),
  active: z.string(),
});

export type SqlTab = Readonly<z.infer<typeof tabSchema>>;

export interface TabsState {
  readonly tabs: readonly SqlTab[];
  /** The id of the one that is shown. */
  readonly active: string;
}

export type TabsAction =
  | { readonly kind: 'load'; readonly state: TabsState }
  | {
      readonly kind: 'open';
      readonly id: string;
      readonly text: string;
      readonly name?: string;
      readonly values?: TypedValues;
    }
  | { readonly kind: 'close'; readonly id: string; readonly freshId: string }
  | { readonly kind: 'choose'; readonly id: string }
  | { readonly kind: 'rename'; readonly id: string; readonly name: string }
  | { readonly kind: 'edit'; readonly id: string; readonly text: string }
  | { readonly kind: 'fill'; readonly id: string; readonly values: TypedValues };

export function firstTabs(id: string): TabsState {
  return { tabs: [{ id, name: 'Query 1', text: '', values: {} }], active: id };
}

export function changeTabs(state: TabsState, action: TabsAction): TabsState {
  switch (action.kind) {
    case 'load':
      return action.state;
    case 'open':
      return opened(state, action);
    case 'close':
      return closed(state, action.id, action.freshId);
    case 'choose':
      return state.tabs.some(({ id }) => id === action.id)
        ? { ...state, active: action.id }
        : state;
    case 'rename': {
      const name = action.name.trim().slice(0, nameCharsMax);
      return name === '' ? state : changed(state, action.id, { name });
    }
    case 'edit':
      return changed(state, action.id, { text: action.text });
    case 'fill':
      return changed(state, action.id, { values: { ...action.values } });
  }
}

/** A tab without text is used before a new one is opened; a full row loses nothing. */
function opened(state: TabsState, action: Extract<TabsAction, { kind: 'open' }>): TabsState {
  const { id, text, values = {} } = action;
  const tab = { id, text, values, name: (action.name ?? freeName(state)).slice(0, nameCharsMax) };
  if (text !== '') {
    const blank = state.tabs.find((each) => each.text.trim() === '');
    if (blank !== undefined) {
      const name = action.name === undefined ? blank.name : tab.name;
      const tabs = state.tabs.map((each) => (each === blank ? { ...tab, name } : each));
      return { tabs, active: id };
    }
  }
  if (state.tabs.length >= tabsMax) return state;
  return { tabs: [...state.tabs, tab], active: id };
}

function closed(state: TabsState, id: string, freshId: string): TabsState {
  const at = state.tabs.findIndex((tab) => tab.id === id);
  if (at === -1) return state;
  const tabs = state.tabs.filter((tab) => tab.id !== id);
  const neighbour = tabs[Math.min(at, tabs.length - 1)];
  if (neighbour === undefined) return firstTabs(freshId);
  return { tabs, active: state.active === id ? neighbour.id : state.active };
}

function changed(state: TabsState, id: string, changes: Partial<SqlTab>): TabsState {
  return {
    ...state,
    tabs: state.tabs.map((tab) => (tab.id === id ? { ...tab, ...changes } : tab)),
  };
}

/** Whether another text can be opened. */
export function hasRoom({ tabs }: TabsState): boolean {
  return tabs.length < tabsMax || tabs.some(({ text }) => text.trim() === '');
}

function freeName({ tabs }: TabsState): string {
  const names = new Set(tabs.map(({ name }) => name));
  let number = 1;
  while (names.has(`Query ${number}`)) number++;
  return `Query ${number}`;
}

export function activeTab({ tabs, active }: TabsState): SqlTab {
  const tab = tabs.find(({ id }) => id === active) ?? tabs[0];
  if (tab === undefined) throw new Error('there is always a tab');
  return tab;
}

/** What was kept; undefined where nothing was, or it can't be read. */
export function readTabs(storage: Storage | undefined): TabsState | undefined {
  try {
    const parsed = stateSchema.safeParse(JSON.parse(storage?.getItem(storageKey) ?? 'null'));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

/** False where something could not be kept. */
export function keepTabs(storage: Storage | undefined, { tabs, active }: TabsState): boolean {
  const short = tabs.filter(({ text }) => text.length <= textCharsMax);
  const kept = short.length === 0 ? firstTabs(active) : { tabs: short, active };
  try {
    storage?.setItem(storageKey, JSON.stringify(kept));
    return storage !== undefined && short.length === tabs.length;
  } catch {
    return false;
  }
}
