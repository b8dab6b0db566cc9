// The pages of the console, for the navigation, the palette and the shortcuts.

import {
  Activity,
  Database,
  GitCompareArrows,
  LayoutDashboard,
  type LucideIcon,
  Network,
  SquareTerminal,
  Table2,
} from 'lucide-react';

export interface ConsolePage {
  readonly path: string;
  readonly name: string;
  readonly about: string;
  readonly icon: LucideIcon;
  /** Opens it after `g`. */
  readonly key: string;
}

export const pages: readonly ConsolePage[] = [
  {
    path: '/',
    name: 'Overview',
    about: 'Is the cluster well, and where is data late?',
    icon: LayoutDashboard,
    key: 'o',
  },
  { path: '/sql', name: 'SQL', about: 'Query and write', icon: SquareTerminal, key: 's' },
  { path: '/live', name: 'Live', about: 'Live queries', icon: Activity, key: 'l' },
  { path: '/nodes', name: 'Nodes', about: 'Members and what they think', icon: Network, key: 'n' },
  {
    path: '/replication',
    name: 'Replication',
    about: 'Lag, gaps, sync',
    icon: GitCompareArrows,
    key: 'r',
  },
  { path: '/data', name: 'Data', about: 'Browse and edit tables', icon: Table2, key: 'd' },
  { path: '/schema', name: 'Schema', about: 'Tables and drift', icon: Database, key: 'c' },
];

/** Without the end that some servers add. */
export function pageOf(pathname: string): ConsolePage | undefined {
  const path = pathname.replace(/\.html$/, '').replace(/(.)\/$/, '$1');
  return pages.find((page) => page.path === path);
}
