// What the list of changes shows of data that nobody vouches for: text, and little of it.

import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test } from 'vitest';
import type { FeedEntry } from './change-feed.ts';
import { ChangeList } from './change-list.tsx';

const base = {
  key: 1,
  changeId: 1,
  former: undefined,
  atMs: 0,
  latencyMs: 12,
  origin: { actor_id: 'a', version: 1, hlc: 0 },
  origins: 1,
} as const;

function shown(entries: readonly FeedEntry[]): string {
  return renderToStaticMarkup(
    <ChangeList
      entries={entries}
      columns={['id', 'body', 'count']}
      isCalm
      nameOf={(actorId) => `node of ${actorId}`}
    />,
  );
}

test('strings are text, cut where they are long, with a direction of their own', () => {
  const cells = ['<img src=x>', `\u202e${'x'.repeat(1_000_000)}`, null];
  const html = shown([{ ...base, type: 'insert', cells }]);
  expect(html).toContain('&lt;img src=x&gt;');
  expect(html).not.toContain('<img');
  expect(html.length).toBeLessThan(5_000);
  expect(html).toMatch(/<bdi[^>]*>\u202e/);
  expect(html).toContain('NULL');
});

test('an update tells what was and what is, of the changed columns only', () => {
  const cells = ['k', 'same', 2];
  const html = shown([{ ...base, type: 'update', cells, former: ['k', 'same', 1] }]);
  expect(html.replaceAll(/<[^>]*>/g, '')).toContain('count 1 is now → 2');
  expect(html).not.toContain('same');
  expect(html).toContain('12 ms');
  expect(html).toContain('node of a');
});

test('only what is in view is drawn, the newest first', () => {
  const entries = Array.from({ length: 400 }, (_, key) => {
    return { ...base, key, type: 'delete' as const, cells: [`row ${key}.`, '', 0] };
  });
  const html = shown(entries);
  expect(html).toContain('row 399.');
  expect(html).not.toContain('row 300.');
  expect(html.indexOf('row 399.')).toBeLessThan(html.indexOf('row 398.'));
});
