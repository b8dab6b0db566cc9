// What a wrong address shows. Next's own page carries an inline style, which our policy forbids.

import type { ReactNode } from 'react';
import { Page } from '../ui/page.tsx';

export default function NotFound(): ReactNode {
  return (
    <Page title="There is no such page">
      <p className="text-ink-2">
        <a href="/" className="text-accent underline">
          Go to the overview
        </a>
        , or choose a page at the side.
      </p>
    </Page>
  );
}
