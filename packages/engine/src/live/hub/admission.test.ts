// Places for subscriptions: limited for each client and in all, and given back once.

import { expect, it } from 'vitest';
import { Admission } from './admission.ts';

const refused = expect.objectContaining({ code: 'PATINA_SUBSCRIPTION_LIMIT' });

it('limits each client, and all together', () => {
  const admission = new Admission({ subscribersMax: 3, clientSubscribersMax: 2 });
  const leave = admission.enter('a');
  admission.enter('a');
  expect(() => admission.enter('a')).toThrow(refused);
  admission.enter('b');
  expect(() => admission.enter('c')).toThrow(refused);
  leave();
  leave();
  expect(admission.count).toBe(2);
  admission.enter('a');
  expect(() => admission.enter('a')).toThrow(refused);
});
