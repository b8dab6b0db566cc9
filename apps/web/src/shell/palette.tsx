// The command palette: pages, nodes, tables and settings by a few letters. Loaded when it is first opened.

'use client';

import { Command } from 'cmdk';
import { useRouter } from 'next/navigation';
import type { ReactNode } from 'react';
import { useConnection } from '../connection/connection-provider.tsx';
import { useAnswer } from '../connection/use-answer.ts';
import { changeSettings, themes } from '../settings/settings.ts';
import { hostOf } from './node-picker.tsx';
import { pages } from './pages.ts';

/** Tables offered at most; further ones are found on the page of data. */
const tablesMax = 500;

/** A list of tables is believed for this long, milliseconds. */
const freshMs = 10_000;

export default function Palette({ onDone }: { readonly onDone: () => void }): ReactNode {
  const router = useRouter();
  const connection = useConnection();
  const { reading } = useAnswer(
    ['palette-tables'],
    (api, signal) => api.schema.tables.query({ limit: tablesMax }, { signal }),
    { freshMs },
  );
  const tables = reading.kind === 'here' ? reading.data.items : [];
  const go = (path: string) => () => {
    router.push(path);
    onDone();
  };
  const act = (what: () => void) => () => {
    what();
    onDone();
  };
  return (
    <Command label="Command palette" loop>
      <Command.Input
        autoFocus
        placeholder="Go to a page, a table, a node …"
        className="h-12 w-full border-b border-line bg-transparent px-4 text-base outline-none placeholder:text-ink-3"
      />
      <Command.List className="max-h-[56dvh] overflow-y-auto p-2">
        <Command.Empty className="p-3 text-sm text-ink-3">Nothing has this name.</Command.Empty>
        <Group heading="Pages">
          {pages.map(({ path, name, about }) => (
            <Item key={path} value={`page ${name}`} hint={about} onSelect={go(path)}>
              {name}
            </Item>
          ))}
        </Group>
        <Group heading="Tables">
          {tables.map(({ name }) => (
            <Item
              key={name}
              value={`table ${name}`}
              hint="browse"
              onSelect={go(`/data?table=${encodeURIComponent(name)}`)}
            >
              {name}
            </Item>
          ))}
        </Group>
        <Group heading="Answering node">
          {connection.nodes().map(({ origin, isAlive }) => (
            <Item
              key={origin}
              value={`node ${origin}`}
              hint={isAlive ? 'connect' : 'down'}
              onSelect={act(() => connection.choose(origin))}
            >
              {hostOf(origin)}
            </Item>
          ))}
        </Group>
        <Group heading="Settings">
          {themes.map((theme) => (
            <Item
              key={theme}
              value={`theme ${theme}`}
              onSelect={act(() => changeSettings({ theme }))}
            >
              Theme: {theme}
            </Item>
          ))}
          <Item value="zone utc" onSelect={act(() => changeSettings({ zone: 'utc' }))}>
            Times in UTC
          </Item>
          <Item value="zone local" onSelect={act(() => changeSettings({ zone: 'local' }))}>
            Times of this machine
          </Item>
        </Group>
      </Command.List>
    </Command>
  );
}

function Group({
  heading,
  children,
}: {
  readonly heading: string;
  readonly children: ReactNode;
}): ReactNode {
  return (
    <Command.Group
      heading={heading}
      className="text-xs text-ink-3 [&_[cmdk-group-heading]]:px-2 [&_[cmdk-group-heading]]:py-1"
    >
      {children}
    </Command.Group>
  );
}

interface ItemProps {
  readonly value: string;
  readonly hint?: string;
  readonly onSelect: () => void;
  readonly children: ReactNode;
}

function Item({ value, hint, onSelect, children }: ItemProps): ReactNode {
  return (
    <Command.Item
      value={value}
      onSelect={onSelect}
      className="flex items-center justify-between gap-4 rounded-md px-2 py-1.5 text-sm text-ink data-[selected=true]:bg-selected"
    >
      <span className="truncate">{children}</span>
      <span className="shrink-0 text-xs text-ink-2">{hint}</span>
    </Command.Item>
  );
}
