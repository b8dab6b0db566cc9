// What a wrong address shows. Next's own page carries an inline style, which our policy forbids.

import type { ReactNode } from 'react';

export default function NotFound(): ReactNode {
  return (
    <main>
      <section className="panel">
        <h2>There is no such page</h2>
        <p className="about">
          The console has one page: <a href="/">the overview</a>.
        </p>
      </section>
    </main>
  );
}
