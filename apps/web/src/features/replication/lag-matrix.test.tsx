// @vitest-environment happy-dom
// The matrix is moved through and opened by keyboard, and each cell is a sentence for who can't see it.

import { act } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { LagMatrixTable } from './lag-matrix.tsx';
import { noMemory, type ObserverAnswer, readLag } from './lag-reading.ts';
import { WorstList } from './worst-list.tsx';

const lagging = (actorId: string, versions: number, more: object = {}) => ({
  actor_id: actorId,
  head: 100,
  versions,
  ms: versions * 10,
  gap_versions: 0,
  gaps: 0,
  partials: 0,
  ...more,
});
const answers: readonly ObserverAnswer[] = [
  { actor_id: 'a', address: '<b>a</b>', ok: true, answer: [lagging('a', 0), lagging('b', 0)] },
  {
    actor_id: 'b',
    address: 'b:1',
    ok: true,
    answer: [lagging('a', 14, { gaps: 2, partials: 1 }), lagging('b', 0)],
  },
  { actor_id: 'c', address: 'c:1', ok: false, error: { code: 'X', error: 'it is gone' } },
];
const { matrix } = readLag(noMemory, answers);

let root: Root;
let place: HTMLElement;

beforeEach(() => {
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true);
  place = document.body.appendChild(document.createElement('div'));
  root = createRoot(place);
});

afterEach(() => {
  act(() => root.unmount());
  place.remove();
  vi.unstubAllGlobals();
});

function press(key: string): void {
  const from = document.activeElement ?? document.body;
  act(() => {
    from.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
  });
}

test('there is one stop for Tab; arrows move it and Enter opens the cell', () => {
  const onOpen = vi.fn();
  act(() => root.render(<LagMatrixTable matrix={matrix} summary="All is well." onOpen={onOpen} />));
  const stops = place.querySelectorAll<HTMLElement>('td[tabindex="0"]');
  expect(stops.length).toBe(1);
  act(() => stops[0]?.focus());
  for (const key of ['ArrowDown', 'ArrowRight', 'ArrowLeft', 'End', 'Home']) press(key);
  expect(document.activeElement?.textContent).toContain('b:1 lacks 14 versions of <b>a</b>');
  expect(place.querySelectorAll('td[tabindex="0"]').length).toBe(1);
  press('Enter');
  expect(onOpen).toHaveBeenCalledWith('b', 'a');
  press('ArrowUp');
  press('ArrowUp');
  expect(document.activeElement?.textContent).toContain('itself');
});

test('a silent node is said to be silent, and addresses are text', () => {
  act(() =>
    root.render(<LagMatrixTable matrix={matrix} summary="All is well." onOpen={vi.fn()} />),
  );
  expect(place.querySelector('caption')?.textContent).toContain('All is well.');
  expect(place.textContent).toContain('c:1 doesn’t answer.');
  expect(place.querySelector('b')).toBeNull();
});

test('the list of the worst begins with the worst', () => {
  const onOpen = vi.fn();
  act(() => root.render(<WorstList matrix={matrix} pairsMax={20} onOpen={onOpen} />));
  const first = place.querySelector('button');
  expect(first?.textContent).toContain('14');
  act(() => first?.click());
  expect(onOpen).toHaveBeenCalledWith('b', 'a');
});
