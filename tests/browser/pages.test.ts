// Every page, in both themes and at two widths, with data: it is there, complains about nothing, does not
// scroll sideways, and can be read by those who use other senses.

import { describe, it } from 'vitest';
import { lacking, looks } from './support/browser.ts';
import { useConsole } from './support/console-tests.ts';
import { isLoaded } from './support/tour.ts';

const pages: readonly (readonly [path: string, heading: string])[] = [
  ['/', 'Overview'],
  ['/sql', 'SQL'],
  ['/live', 'Live queries'],
  ['/live?sql=SELECT%20id%2C%20name%20FROM%20services', 'Live query'],
  ['/nodes', 'Nodes'],
  ['/nodes?view=matrix', 'Nodes'],
  ['/nodes?view=table', 'Nodes'],
  ['/nodes?view=timeline', 'Nodes'],
  ['/nodes?view=opinions', 'Nodes'],
  ['/replication', 'Replication'],
  ['/data', 'Data'],
  ['/data?table=services', 'Data'],
  ['/schema', 'Schema'],
  ['/schema?table=services', 'Schema'],
];

describe.skipIf(lacking !== undefined)('pages', () => {
  const tests = useConsole();

  describe.each(looks)('$theme at $width px', (look) => {
    it.each(pages)('%s', async (path, heading) => {
      const window = await tests.open(path, 1, look);
      const { page } = window;
      await page.getByRole('heading', { level: 1, name: heading, exact: true }).waitFor();
      await isLoaded(page);
      await window.expectAccessible();
      await window.expectNoOverflow();
      window.expectQuiet();
    });
  });
});
