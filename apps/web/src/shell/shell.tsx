// What surrounds every page, and what is there instead of a page while the node asks who the reader is.

'use client';

import dynamic from 'next/dynamic';
import { type ReactNode, useCallback, useEffect, useState } from 'react';
import { ClusterProvider } from '../connection/cluster-reading.tsx';
import { ConnectionProvider, useConnectionState } from '../connection/connection-provider.tsx';
import { LogIn } from '../features/login/log-in.tsx';
import { ApplyTheme } from '../settings/apply-theme.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Skeleton } from '../ui/panel.tsx';
import { registerWorker } from '../worker/register.ts';
import { Navigation } from './navigation.tsx';
import { ConnectionNotices } from './notices.tsx';
import { ShortcutSheet, useShortcuts } from './shortcuts.tsx';
import { TopBar } from './top-bar.tsx';

const Palette = dynamic(() => import('./palette.tsx'), { loading: () => <Skeleton /> });

export function Shell({ children }: { readonly children: ReactNode }): ReactNode {
  useEffect(() => void registerWorker(), []);
  return (
    <ConnectionProvider>
      <ApplyTheme />
      <ClusterProvider>
        <Frame>{children}</Frame>
      </ClusterProvider>
    </ConnectionProvider>
  );
}

function Frame({ children }: { readonly children: ReactNode }): ReactNode {
  const { kind } = useConnectionState();
  const [open, setOpen] = useState<'palette' | 'help' | 'nothing'>('nothing');
  const close = useCallback(() => setOpen('nothing'), []);
  const openPalette = useCallback(() => setOpen('palette'), []);
  const openHelp = useCallback(() => setOpen('help'), []);
  useShortcuts({ onPalette: openPalette, onHelp: openHelp });
  return (
    <div className="flex min-h-dvh flex-col md:flex-row">
      <a
        href="#page"
        className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50 focus:rounded-md focus:bg-raised focus:p-2"
      >
        Skip to the page
      </a>
      <Navigation />
      <div className="flex min-w-0 flex-1 flex-col pb-16 md:pb-0">
        <TopBar onPalette={openPalette} onHelp={openHelp} />
        <ConnectionNotices />
        <main id="page" tabIndex={-1} className="min-w-0 flex-1 outline-none">
          {kind === 'log-in' ? <LogIn /> : children}
        </main>
      </div>
      <Dialog
        title="Command palette"
        isTitleHidden
        place="top"
        isOpen={open === 'palette'}
        onClose={close}
      >
        <Palette onDone={close} />
      </Dialog>
      <ShortcutSheet isOpen={open === 'help'} onClose={close} />
    </div>
  );
}
