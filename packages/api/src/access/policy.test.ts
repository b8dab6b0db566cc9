// The policy by its laws: roles and table patterns only ever say what is allowed, nothing unknown is, and
// whoever is limited to some tables touches no other, by whatever action.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { includesRole, leastRoles, roles } from '../roles.ts';
import { procedureAccess, routeAccess, statementAccess } from './access-table.ts';
import { type Action, authorise } from './policy.ts';
import { type Principal, rightsOf } from './principal.ts';
import { isTablePattern, mayTouch } from './table-patterns.ts';

const seed = process.env.PATINA_SEED === 'random' ? undefined : 4;
const options = { ...(seed === undefined ? {} : { seed }), numRuns: 500 };

const role = fc.constantFrom(...roles);
const table = fc.constantFrom(
  'flights',
  'flights_2025',
  'FLIGHTS',
  'airports',
  'patina_changes',
  '__patina_state',
  'sqlite_master',
  'json_each',
);
const pattern = fc.constantFrom(
  'flights*',
  'airports',
  '*',
  'f?ights',
  '*_2025',
  'patina_*',
  '__*',
);
const principal: fc.Arbitrary<Principal> = fc.record(
  {
    name: fc.constant('p'),
    roles: fc.uniqueArray(role),
    tables: fc.array(pattern, { maxLength: 3 }),
  },
  { requiredKeys: ['name', 'roles'] },
);
const names = fc.array(table, { maxLength: 4 });
const call = fc
  .constantFrom(...procedureAccess, ...Object.entries(routeAccess))
  .map(([name, access]): Action => ({ kind: 'call', name, access }));
const action: fc.Arbitrary<Action> = fc.oneof(
  call,
  fc.record({ kind: fc.constant('read' as const), tables: names }),
  fc.record({ kind: fc.constant('write' as const), tablesRead: names, tablesWritten: names }),
  fc.constant<Action>({ kind: 'schema', statement: 'CREATE TABLE t (a)' }),
  fc.constant<Action>({ kind: 'notify' }),
);

function isAllowed(who: Principal, what: Action): boolean {
  return authorise(who, what) === undefined;
}

test('an admin without limits may do everything that exists', () => {
  const admin: Principal = { name: 'a', roles: ['admin'] };
  fc.assert(
    fc.property(action, (what) => isAllowed(admin, what)),
    options,
  );
});

test('more roles, and fewer limits, never allow less', () => {
  fc.assert(
    fc.property(principal, role, action, (who, more, what) => {
      if (!isAllowed(who, what)) return;
      expect(isAllowed({ ...who, roles: [...who.roles, more] }, what)).toBe(true);
      expect(isAllowed({ name: who.name, roles: who.roles }, what)).toBe(true);
      const wider = who.tables === undefined ? undefined : [...who.tables, 'airports'];
      expect(isAllowed({ ...who, tables: wider }, what)).toBe(true);
    }),
    options,
  );
});

test('whoever is limited to some tables touches no other', () => {
  fc.assert(
    fc.property(principal, action, (who, what) => {
      if (who.tables === undefined || !isAllowed(who, what)) return;
      const { tables } = who;
      const touched =
        what.kind === 'read'
          ? what.tables
          : what.kind === 'write'
            ? [...what.tablesRead, ...what.tablesWritten]
            : [];
      for (const name of touched) expect(mayTouch(tables, name)).toBe(true);
      expect(what.kind).not.toBe('schema');
      if (what.kind === 'call') expect(what.access?.tables).not.toBe('all');
    }),
    options,
  );
});

test('what needs a role is refused without it, with the role in the sentence', () => {
  for (const [kind, access] of Object.entries(statementAccess)) {
    for (const held of roles) {
      const what: Action =
        kind === 'read'
          ? { kind, tables: [] }
          : kind === 'write'
            ? { kind, tablesRead: [], tablesWritten: [] }
            : kind === 'schema'
              ? { kind, statement: '' }
              : { kind: 'notify' };
      const refusal = authorise({ name: held, roles: [held] }, what);
      expect(refusal === undefined, `${kind} by ${held}`).toBe(includesRole([held], access.role));
      if (refusal !== undefined) expect(refusal.message).toContain(access.role);
    }
  }
});

test('what is in no table is open to nobody', () => {
  const admin: Principal = { name: 'a', roles: ['admin'] };
  const refusal = authorise(admin, { kind: 'call', name: 'x.y', access: undefined });
  expect(refusal?.code).toBe('PATINA_FORBIDDEN');
});

test('whoever was revoked may do nothing more', () => {
  const who: Principal = { name: 'r', roles: ['admin'], revoked: AbortSignal.abort() };
  fc.assert(
    fc.property(action, (what) => authorise(who, what)?.code === 'PATINA_UNAUTHORIZED'),
    options,
  );
});

test('internal tables, views over all tables and the schema are beyond every pattern', () => {
  for (const name of ['patina_changes', 'PATINA_lag', '__patina_state', 'sqlite_schema']) {
    expect(mayTouch(['*', name], name)).toBe(false);
  }
  expect(mayTouch([], 'json_each')).toBe(true);
});

test('patterns mean the same as the regular expression of them', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'B', '_', '.', '%'), maxLength: 8 });
  const globs = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?', '.', '%'), maxLength: 8 });
  fc.assert(
    fc.property(globs, text, (glob, name) => {
      const expression = glob.replaceAll('.', '\\.').replaceAll('*', '.*').replaceAll('?', '.');
      expect(mayTouch([glob], name)).toBe(new RegExp(`^${expression}$`, 'iu').test(name));
    }),
    options,
  );
});

test('a pattern of many stars takes no longer than others', () => {
  const startMs = performance.now();
  expect(mayTouch([`${'*a'.repeat(99)}b`], 'a'.repeat(1_000))).toBe(false);
  expect(performance.now() - startMs).toBeLessThan(500);
  expect(isTablePattern('')).toBe(false);
  expect(isTablePattern('a\nb')).toBe(false);
});

test('only equal rights have the same name', () => {
  fc.assert(
    fc.property(principal, principal, (one, other) => {
      const same = (a: Principal): string =>
        JSON.stringify([leastRoles(a.roles), a.tables && [...new Set(a.tables)].sort()]);
      expect(rightsOf(one) === rightsOf(other)).toBe(same(one) === same(other));
    }),
    options,
  );
});
