// Above every page: the cluster and its health, the node that answers, the palette, theme, zone, and who
// is logged in.

'use client';

import { Command, Keyboard, LogOut, Monitor, Moon, Sun } from 'lucide-react';
import type { ReactNode } from 'react';
import { useCluster } from '../connection/cluster-reading.tsx';
import { useConnection, useConnectionState } from '../connection/connection-provider.tsx';
import { logOut } from '../connection/session.ts';
import { useSelf } from '../connection/use-self.ts';
import { changeSettings, type Theme, useSettings } from '../settings/settings.ts';
import { Badge, type Tone } from '../ui/badge.tsx';
import { IconButton } from '../ui/button.tsx';
import { type ClusterHealth, healthOf } from './cluster-health.ts';
import { LiveMarker } from './live-marker.tsx';
import { NodePicker } from './node-picker.tsx';

interface TopBarProps {
  readonly onPalette: () => void;
  readonly onHelp: () => void;
}

export function TopBar({ onPalette, onHelp }: TopBarProps): ReactNode {
  return (
    <header className="sticky top-0 z-10 flex min-h-13 flex-wrap items-center gap-x-3 gap-y-1 border-b border-line bg-surface px-3 py-1.5 md:px-6">
      <ClusterName />
      <div className="ml-auto flex flex-wrap items-center gap-x-2 gap-y-1">
        <LiveMarker />
        <NodePicker />
        <IconButton label="Command palette (Ctrl+K)" onClick={onPalette}>
          <Command aria-hidden="true" className="size-4" />
        </IconButton>
        <ThemeButton />
        <ZoneButton />
        <IconButton label="Keyboard shortcuts (?)" onClick={onHelp} className="max-md:hidden">
          <Keyboard aria-hidden="true" className="size-4" />
        </IconButton>
        <Who />
      </div>
    </header>
  );
}

const healthTones: Readonly<Record<ClusterHealth['level'], Tone>> = {
  well: 'good',
  strained: 'warn',
  ill: 'bad',
  unknown: 'muted',
};

const healthMarks = { well: '●', strained: '◐', ill: '✕', unknown: '○' } as const;

function ClusterName(): ReactNode {
  const reading = useCluster();
  const health = healthOf(reading);
  const name = reading.kind === 'here' ? reading.data.cluster_name : '';
  return (
    <p className="flex min-w-0 items-center gap-2">
      <span className="truncate font-semibold">{name === '' ? 'Cluster' : name}</span>
      <Badge tone={healthTones[health.level]} title={health.text}>
        <span aria-hidden="true">{healthMarks[health.level]}</span>
        {health.text}
      </Badge>
    </p>
  );
}

const nextTheme: Readonly<Record<Theme, Theme>> = {
  system: 'light',
  light: 'dark',
  dark: 'system',
};
const themeIcons = { system: Monitor, light: Sun, dark: Moon } as const;

function ThemeButton(): ReactNode {
  const { theme } = useSettings();
  const Icon = themeIcons[theme];
  return (
    <IconButton
      label={`Theme: ${theme}`}
      onClick={() => changeSettings({ theme: nextTheme[theme] })}
    >
      <Icon aria-hidden="true" className="size-4" />
    </IconButton>
  );
}

function ZoneButton(): ReactNode {
  const { zone } = useSettings();
  return (
    <button
      type="button"
      title="Time zone of all moments"
      onClick={() => changeSettings({ zone: zone === 'utc' ? 'local' : 'utc' })}
      className="h-8 rounded-md px-2 text-xs font-medium text-ink-2 hover:bg-hover hover:text-ink max-md:hidden"
    >
      {zone === 'utc' ? 'UTC' : 'Local'}
      <span className="sr-only"> time; change the time zone</span>
    </button>
  );
}

function Who(): ReactNode {
  const self = useSelf();
  const connection = useConnection();
  const { origin } = useConnectionState();
  if (!self.isLoggedIn) return null;
  return (
    <span className="flex items-center gap-1 text-sm text-ink-2">
      <span className="max-w-32 truncate" title={self.name}>
        {self.name}
      </span>
      <IconButton
        label="Log out"
        onClick={() => {
          void Promise.all(
            [...new Set([origin, ...connection.nodes().map((node) => node.origin)])].map(logOut),
          ).then(() => connection.renew());
        }}
      >
        <LogOut aria-hidden="true" className="size-4" />
      </IconButton>
    </span>
  );
}
