// Every panel shows each of its states, and shows data as text only.

import type { ActorLag, Health, Member } from '@patina/api/schemas.ts';
import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test } from 'vitest';
import type { Reading } from '../lib/reading.ts';
import { HealthPanel } from './health-panel.tsx';
import { LagPanel } from './lag-panel.tsx';
import { MembersPanel } from './members-panel.tsx';

function here<T>(data: T, staleMs?: number): Reading<T> {
  return { kind: 'here', data, staleMs, reason: undefined };
}

const member: Member = {
  actor_id: '0123456789abcdef0123456789abcdef',
  address: '127.0.0.1:8787',
  state: 'alive',
  incarnation: 2,
  rtt_ms: 0.31,
  ring: 0,
  is_self: false,
};
const lag: ActorLag = { actor_id: member.actor_id, head: 1_200, versions: 4, ms: 1_500 };
const health: Health = { gaps: 4, members: 3, p99_lag: 0.012, queue_size: 1 };

function membersHtml(reading: Reading<Member[]>): string {
  return renderToStaticMarkup(<MembersPanel reading={reading} />);
}

test('a panel that has nothing yet says that it is loading', () => {
  expect(membersHtml({ kind: 'loading' })).toContain('Loading');
  expect(membersHtml({ kind: 'loading' })).toContain('aria-busy="true"');
});

test('a panel that failed says why', () => {
  const html = membersHtml({ kind: 'failed', reason: 'The node can’t be reached.' });
  expect(html).toContain('role="alert"');
  expect(html).toContain('The node can’t be reached. Trying again.');
});

test('an empty list says what that means', () => {
  expect(membersHtml(here([]))).toContain('This node knows of no others.');
  expect(renderToStaticMarkup(<LagPanel reading={here<ActorLag[]>([])} />)).toContain(
    'Nothing has been written yet',
  );
});

test('old figures stay and say how old they are', () => {
  const html = membersHtml(here([member], 11_800));
  expect(html).toContain('11.8 s old');
  expect(html).toContain('127.0.0.1:8787');
  expect(membersHtml(here([member]))).not.toContain('old');
});

test('members show state, distance and which of them answers', () => {
  const html = membersHtml(here([{ ...member, is_self: true, rtt_ms: null, ring: null }]));
  expect(html).toContain('01234567');
  expect(html).toContain('this node');
  expect(html).toContain('alive');
});

test('lag and health show their figures', () => {
  const lagHtml = renderToStaticMarkup(<LagPanel reading={here([lag])} />);
  expect(lagHtml).toContain('1\u2009200');
  expect(lagHtml).toContain('1.5 s');
  const healthHtml = renderToStaticMarkup(<HealthPanel reading={here(health)} />);
  expect(healthHtml).toContain('12 ms');
  const none = renderToStaticMarkup(<HealthPanel reading={here({ ...health, p99_lag: null })} />);
  expect(none).toContain('none yet');
});

test('data is text, and no panel needs an inline style or script', () => {
  const html = membersHtml(here([{ ...member, address: '<img src=x onerror=alert(1)>' }]));
  expect(html).toContain('&lt;img src=x');
  expect(html).not.toContain('<img');
  expect(html).not.toMatch(/ style=|<script/);
});
