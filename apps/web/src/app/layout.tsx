// What every page of the console shares: the document, the theme before the first paint, the shell.

import type { Metadata, Viewport } from 'next';
import { NuqsAdapter } from 'nuqs/adapters/next/app';
import { type ReactNode, Suspense } from 'react';
import { themeScript } from '../settings/apply-theme.tsx';
import { Shell } from '../shell/shell.tsx';
import './globals.css';

export const metadata: Metadata = {
  title: { default: 'Patina', template: '%s · Patina' },
  description: 'The members, the data and the lag of a Patina cluster.',
};

export const viewport: Viewport = { width: 'device-width', initialScale: 1 };

export default function Layout({ children }: { readonly children: ReactNode }): ReactNode {
  return (
    <html lang="en" suppressHydrationWarning>
      <head>
        {/* biome-ignore lint/security/noDangerouslySetInnerHtml: a constant; the build moves it into a file. */}
        <script dangerouslySetInnerHTML={{ __html: themeScript }} />
      </head>
      <body>
        <Suspense>
          <NuqsAdapter>
            <Shell>{children}</Shell>
          </NuqsAdapter>
        </Suspense>
      </body>
    </html>
  );
}
