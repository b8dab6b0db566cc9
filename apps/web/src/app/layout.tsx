// What every page of the console shares: the document, its title and its head line.

import type { Metadata, Viewport } from 'next';
import type { ReactNode } from 'react';
import './globals.css';

export const metadata: Metadata = {
  title: 'Patina',
  description: 'The members, the health and the lag of a Patina cluster, seen from one node.',
};

export const viewport: Viewport = { colorScheme: 'light dark' };

export default function Layout({ children }: { readonly children: ReactNode }): ReactNode {
  return (
    <html lang="en">
      <body>
        <header className="top">
          <h1>Patina</h1>
          <p>Replicated SQLite, seen from this node</p>
        </header>
        {children}
      </body>
    </html>
  );
}
